import { readFileSync } from "node:fs";
import type * as k8s from "@pulumi/kubernetes";
import { RESTRICTED_CONTAINER } from "../../kubernetes/pod-security.ts";
import { ONCE_MOUNT, ONCE_VOLUME, onceCommand } from "../initialisation/once.ts";
import { INPUTS_ANNOTATION } from "../initialisation/stamp.ts";
import { PYTHON, USERS } from "../names.ts";

const text = (file: string) => readFileSync(new URL(`./${file}`, import.meta.url), "utf8");

/** Python that says what opens CVAT to a user and what he may do, by file name. The Job has it, and the server where people sign in by an issuer. */
export const USERS_MODULES = { "credentials.py": text("credentials.py"), "roles.py": text("roles.py") };

/** Run by CVAT's own Python: makes the users. By file name, with what it needs beside it. */
export const USERS_SCRIPT = { "users.py": text("users.py"), ...USERS_MODULES };

const SCRIPT_FOLDER = "/etc/vision-platform/script";
const USERS_FOLDER = "/etc/vision-platform/users";

type PodSpec = k8s.types.output.core.v1.PodSpec;

export interface UsersJobInput {
  /** The pod that migrates CVAT's database: its image, settings and access to the databases are what this Job needs. */
  initializer: PodSpec;
  /** Differs when users, passwords or script do. */
  digest: string;
  /** Differs when CVAT has to be initialised anew: another database has no users. */
  stamp: string;
  /** How long the Job may take, in seconds. */
  patience: number;
}

/**
 * A Job that makes CVAT's users. Their passwords come as a file from a Secret, so they stand in no command line and no environment. It needs
 * none of the server's volumes, but what the initializer mounts. (cvat.md section 5)
 */
export function usersJob({ initializer, digest, stamp, patience }: UsersJobInput) {
  const [container] = initializer.containers;
  if (!container) throw new Error("the initializer's pod has no container");
  const labels = { app: USERS };
  const { serviceAccountName, affinity, tolerations, imagePullSecrets } = initializer;
  const { image, imagePullPolicy, env, resources, securityContext } = container;
  // The SDK says that they are always there.
  const volumes = ((initializer as Partial<PodSpec>).volumes ?? []).filter(isAnother);
  const volumeMounts = ((container as Partial<typeof container>).volumeMounts ?? []).filter(isAnother);
  return {
    backoffLimit: 2,
    activeDeadlineSeconds: patience,
    template: {
      metadata: { labels, annotations: { "vision-platform/users": digest, [INPUTS_ANNOTATION]: stamp } },
      spec: {
        // Not OnFailure: the pod that failed stays, with its log.
        restartPolicy: "Never",
        ...{ serviceAccountName, affinity, tolerations, imagePullSecrets },
        automountServiceAccountToken: false,
        containers: [
          {
            name: "users",
            command: onceCommand(patience, [PYTHON, `${SCRIPT_FOLDER}/users.py`, `${USERS_FOLDER}/users.json`]),
            ...{ image, imagePullPolicy, env, resources },
            securityContext: { ...securityContext, ...RESTRICTED_CONTAINER },
            terminationMessagePolicy: "FallbackToLogsOnError",
            volumeMounts: [
              { name: "script", mountPath: SCRIPT_FOLDER, readOnly: true },
              { name: "users", mountPath: USERS_FOLDER, readOnly: true },
              ONCE_MOUNT,
              ...volumeMounts,
            ],
          },
        ],
        volumes: [
          { name: "script", configMap: { name: USERS } },
          { name: "users", secret: { secretName: USERS } },
          ONCE_VOLUME,
          ...volumes,
        ],
      },
    },
  };
}

/** The initializer waits for its turn by the same script. */
const isAnother = ({ name }: { name: string }) => name !== ONCE_VOLUME.name;
