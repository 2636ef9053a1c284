import { createHash } from "node:crypto";
import { PYTHON } from "../cvat/names.ts";
import { mirrored, type Mirror } from "../images/mirror.ts";
import { RESTRICTED_CONTAINER } from "../kubernetes/pod-security.ts";
import { BACKUP, BACKUP_CONTAINER, SCRIPT_FOLDER, SETTINGS_FILE, SETTINGS_FOLDER } from "./names.ts";
import type { BackupPlan } from "./plan.ts";
import { BACKUP_SCRIPT } from "./script.ts";

/** The user that CVAT's image runs as. (components/cvat/external/script-job.ts) */
export const UID = 1000;

/** Variable by which a verb asks one run for less, or for more, than the schedule's: JSON, and nothing secret. */
export const REQUEST_VARIABLE = "BACKUP_REQUEST";

/** ConfigMap with the scripts: another one for others, so that a Job that runs keeps what it began with. */
export const scriptMap = (script: Readonly<Record<string, string>> = BACKUP_SCRIPT): string =>
  `${BACKUP}-${createHash("sha256").update(JSON.stringify(script)).digest("hex").slice(0, 8)}`;

export interface BackupPodArgs {
  plan: Pick<BackupPlan, "image">;
  mirror: Mirror | undefined;
  /** What backup.py is told to do: `projects`. */
  command: string;
  /** Most memory, as Kubernetes counts. */
  memory: string;
}

/** Spec of a pod that runs one command of the scripts. Nothing of the cluster's API is in it. */
export function backupPod({ plan, mirror, command, memory }: BackupPodArgs) {
  const pullSecrets = mirror?.pullSecret === undefined ? {} : { imagePullSecrets: [{ name: mirror.pullSecret }] };
  return {
    // Not OnFailure: the pod that failed stays, with its log.
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...pullSecrets,
    securityContext: {
      runAsNonRoot: true,
      ...{ runAsUser: UID, runAsGroup: UID },
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: BACKUP_CONTAINER,
        image: mirror ? mirrored(plan.image, mirror) : plan.image,
        imagePullPolicy: "IfNotPresent",
        command: [PYTHON, `${SCRIPT_FOLDER}/backup.py`, command, `${SETTINGS_FOLDER}/${SETTINGS_FILE}`],
        env: [
          { name: REQUEST_VARIABLE, value: "" },
          { name: "PYTHONUNBUFFERED", value: "1" },
          { name: "PYTHONDONTWRITEBYTECODE", value: "1" },
        ],
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory } },
        securityContext: { ...RESTRICTED_CONTAINER, readOnlyRootFilesystem: true },
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          { name: "script", mountPath: SCRIPT_FOLDER, readOnly: true },
          { name: "settings", mountPath: SETTINGS_FOLDER, readOnly: true },
          { name: "scratch", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "script", configMap: { name: scriptMap() } },
      { name: "settings", secret: { secretName: BACKUP } },
      { name: "scratch", emptyDir: { sizeLimit: "1Gi" } },
    ],
  };
}
