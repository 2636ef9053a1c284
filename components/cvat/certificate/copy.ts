import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Mirror } from "../../images/mirror.ts";
import type { Cluster } from "../../kubernetes/cluster.ts";
import { registerScriptJob, scriptJob } from "../external/script-job.ts";
import type { CvatPlan } from "../plan.ts";
import { copiedCertificate, labelOf, type Copied } from "./copied.ts";
import { COPY_JOB, copyPod } from "./copy-pod.ts";
import { copyRights } from "./rights.ts";

export interface CertificateCopyArgs {
  plan: CvatPlan;
  namespace: pulumi.Input<string>;
  cluster: Cluster;
  mirror: Mirror | undefined;
  /** The Secret to pull images by. */
  pulls: readonly pulumi.Resource[];
}

/** cert-manager renews a month before the end; an hour later is early. At an odd minute: at each full hour much begins at once. */
const EACH_HOUR = "23 * * * *";
const WITHIN_MS = 300_000;

/**
 * The copy of a certificate that lies in another namespace, the Job that fills it and the CronJob that follows renewals. All of it goes when it is
 * taken out of the stack file, the copy too.
 * @returns what the edge waits for: a copy with a certificate. Empty where nothing is copied
 */
export function certificateCopy(
  name: string,
  { plan, namespace, cluster, mirror, pulls }: CertificateCopyArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const copied = copiedCertificate(plan.config);
  if (copied === undefined) return [];
  const resource = `${name}-certificate-copy`;
  const copy = emptyCopy(resource, copied, namespace, opts);
  const rights = registerRights(resource, copied, namespace, opts);
  const pod = copyPod(copied);
  const job = registerScriptJob(
    resource,
    {
      ...{ plan, namespace, cluster, mirror, pod },
      learned: {},
      // Made anew, it is empty.
      secrets: pulumi.interpolate`${copy.metadata.uid}`,
      failed: "CVAT's certificate (vision-platform:cvat.ingress.tls.copyOf) cannot be copied",
      after: [copy, ...rights, ...pulls],
    },
    opts,
  );
  new k8s.batch.v1.CronJob(
    `${resource}-hourly`,
    {
      metadata: { name: COPY_JOB, namespace },
      spec: {
        schedule: EACH_HOUR,
        concurrencyPolicy: "Forbid",
        // After a cluster that was off, the next hour does.
        startingDeadlineSeconds: 600,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: { spec: scriptJob(pod, plan, { timeoutMs: WITHIN_MS, mirror }) },
      },
    },
    { ...opts, dependsOn: job },
  );
  return job;
}

/**
 * What is in it is never the program's: it would be put back by each `up`. So it has no type of its own either, since one of kubernetes.io/tls has
 * to have both keys from the start; edges read the keys, not the type. (traefik: pkg/provider/kubernetes/crd/kubernetes.go, getTLS;
 * ingress-nginx: internal/ingress/controller/store/backend_ssl.go)
 */
function emptyCopy(
  resource: string,
  copied: Copied,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  const metadata = { name: copied.copy.name, namespace, labels: labelOf(copied) };
  return new k8s.core.v1.Secret(`${resource}-secret`, { type: "Opaque", metadata }, opts);
}

function registerRights(
  resource: string,
  copied: Copied,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const account = new k8s.core.v1.ServiceAccount(
    `${resource}-account`,
    { metadata: { name: COPY_JOB, namespace }, automountServiceAccountToken: false },
    opts,
  );
  const given = copyRights(copied).flatMap(({ of, metadata, rules, roleRef, subjects }) => {
    const role = new k8s.rbac.v1.Role(`${resource}-${of}`, { metadata, rules }, { ...opts, dependsOn: account });
    return [
      role,
      new k8s.rbac.v1.RoleBinding(
        `${resource}-${of}-binding`,
        { metadata, roleRef, subjects },
        { ...opts, dependsOn: role },
      ),
    ];
  });
  return [account, ...given];
}
