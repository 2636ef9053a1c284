import { readFileSync } from "node:fs";
import { mirrored, type Mirror } from "../../images/mirror.ts";
import { RESTRICTED_CONTAINER } from "../../kubernetes/pod-security.ts";
import { variablesOf } from "../../kubernetes/variables.ts";
import { backupPod } from "../pod.ts";
import type { BackupPlan } from "../plan.ts";
import type { Database, Engine } from "./database.ts";

const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");
const BESIDE = read("./beside.sh");

/** What the container with a database's programs runs, and the program whose version tells of all of them. */
const PROGRAMS: Readonly<Record<Engine, { script: string; tool: string }>> = {
  postgresql: { script: BESIDE + read("./postgresql.sh"), tool: "pg_dump" },
  mongodb: { script: BESIDE + read("./mongodb.sh"), tool: "mongodump" },
};

/** Folder that both containers have: a pipe, and what they say to each other. */
const SHARED = "/var/run/vision-platform/beside";

/** Secret by which a run is given the key of the one file that it restores. It is there as long as that run. */
export const FILE_KEY_SECRET = "vision-platform-backup-file-key";
export const FILE_KEY_FOLDER = "/etc/vision-platform/backup-file-key";
export const FILE_KEY = "key";

/**
 * Spec of a pod that dumps a database, and restores it: one container encrypts and uploads, or the other way round, what the other's program
 * writes into a pipe, or reads from it. So nothing of the database's size lies in the pod, and both run where they are at home: Python in CVAT's
 * image, `pg_dump` in that of the server, whose release it has to be of.
 */
export function databasePod(database: Database, plan: Pick<BackupPlan, "image">, mirror: Mirror | undefined) {
  const { engine, image, environment, certificates, release } = database;
  // Parts of an upload grow with it: three of a dump of 100 GB have 250 MB.
  const pod = backupPod({ plan, mirror, command: "databases", memory: "768Mi" });
  const { script, tool } = PROGRAMS[engine];
  const shared = { name: "beside", mountPath: SHARED };
  const variables = variablesOf(environment);
  const mounts = [shared, ...(certificates ? [certificates.mount] : [])];
  return {
    ...pod,
    containers: [
      ...pod.containers.map((container) => ({
        ...container,
        env: [
          ...container.env,
          ...variables,
          { name: "DATABASE", value: engine },
          { name: "RELEASE", value: JSON.stringify(release) },
          { name: "BESIDE", value: SHARED },
          { name: "FILE_KEY", value: `${FILE_KEY_FOLDER}/${FILE_KEY}` },
        ],
        volumeMounts: [
          ...container.volumeMounts,
          ...mounts,
          { name: "file-key", mountPath: FILE_KEY_FOLDER, readOnly: true },
        ],
      })),
      {
        name: "database",
        image: mirror ? mirrored(image, mirror) : image,
        imagePullPolicy: "IfNotPresent",
        command: ["sh", "-c", script, "beside", SHARED, tool],
        env: [...variables, { name: "LC_ALL", value: "C" }],
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
        securityContext: { ...RESTRICTED_CONTAINER, readOnlyRootFilesystem: true },
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: mounts,
      },
    ],
    volumes: [
      ...pod.volumes,
      { name: "beside", emptyDir: { sizeLimit: "16Mi" } },
      // Most runs have none.
      { name: "file-key", secret: { secretName: FILE_KEY_SECRET, optional: true } },
      ...(certificates ? [certificates.volume] : []),
    ],
  };
}
