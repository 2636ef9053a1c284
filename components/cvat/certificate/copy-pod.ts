import { readFileSync } from "node:fs";
import type { ScriptPod } from "../external/script-job.ts";
import { COPY_MANAGER, type Copied } from "./copied.ts";

/** Name of the Job, the CronJob, their script, their account and its rights in CVAT's namespace; label `app` of their pods. */
export const COPY_JOB = "cvat-certificate-copy";

const SCRIPT = readFileSync(new URL("./copy.py", import.meta.url), "utf8");

/** Where a pod has what it signs in to the API server with. (kubernetes.io: Accessing the Kubernetes API from a Pod) */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The pod that brings the copy to what its source is. */
export function copyPod({ source, copy }: Copied): ScriptPod {
  return {
    name: COPY_JOB,
    script: SCRIPT,
    account: COPY_JOB,
    environment: {
      ACCOUNT,
      MANAGER: COPY_MANAGER,
      SOURCE_NAMESPACE: source.namespace,
      SOURCE_NAME: source.name,
      COPY_NAMESPACE: copy.namespace,
      COPY_NAME: copy.name,
    },
  };
}
