import { createHmac } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { mirrored, type Mirror } from "../../images/mirror.ts";
import { placeOf, type Cluster } from "../../kubernetes/cluster.ts";
import { RESTRICTED_CONTAINER } from "../../kubernetes/pod-security.ts";
import { variablesOf, type Variable } from "../../kubernetes/variables.ts";
import { OwnResource } from "../../records/resource.ts";
import { GeneratedText } from "../../secrets/generated.ts";
import type { CvatPlan } from "../plan.ts";
import { PYTHON } from "../names.ts";

const FOLDER = "/etc/vision-platform/script";
const NONCE_LENGTH = 32;

/** The user that CVAT's image runs as. Older ones name it, which the kubelet refuses beside runAsNonRoot. (fixes/users.ts) */
const UID = 1000;

/** Milliseconds that a script has left to say why it gives up, before its Job is ended. */
const LAST_WORDS_MS = 20_000;

/** What a script runs with. */
export interface ScriptPod {
  /** Name of the Job, of the ConfigMap with the script, and of the label of its pods. */
  name: string;
  /** The Python. */
  script: string;
  environment: Readonly<Record<string, Variable>>;
  /** ServiceAccount by which it asks the API server. Default: it does not. */
  account?: string;
  /** ConfigMap with certificates, and where they are mounted. Default: none are. */
  certificates?: { configMap: string; folder: string } | undefined;
}

/** Spec of a Job that runs a script in the image of CVAT's server, which the nodes have anyway and which has Python and the databases' clients. */
export function scriptJob(
  { name, environment, certificates, account }: ScriptPod,
  { images, config }: Pick<CvatPlan, "images" | "config">,
  { digest, timeoutMs, mirror }: { digest?: string; timeoutMs: number; mirror?: Mirror | undefined },
) {
  const image = `${images.server.repository}:${images.server.tag}`;
  const pullSecrets = mirror?.pullSecret === undefined ? {} : { imagePullSecrets: [{ name: mirror.pullSecret }] };
  const labels = { app: name };
  return {
    backoffLimit: 1,
    activeDeadlineSeconds: Math.ceil(timeoutMs / 1000),
    template: {
      metadata: { labels, ...(digest !== undefined && { annotations: { "vision-platform/inputs": digest } }) },
      spec: {
        // Not OnFailure: the pod that failed stays, with its log.
        restartPolicy: "Never",
        ...(account !== undefined && { serviceAccountName: account }),
        automountServiceAccountToken: account !== undefined,
        ...pullSecrets,
        containers: [
          {
            name: "script",
            image: mirror ? mirrored(image, mirror) : image,
            imagePullPolicy: config.imagePullPolicy,
            command: [PYTHON, `${FOLDER}/${name}.py`],
            env: [
              ...variablesOf(environment),
              { name: "PATIENCE", value: String(Math.max(1, Math.floor((timeoutMs - LAST_WORDS_MS) / 1000))) },
            ],
            resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
            securityContext: { runAsNonRoot: true, runAsUser: UID, ...RESTRICTED_CONTAINER },
            terminationMessagePolicy: "FallbackToLogsOnError",
            volumeMounts: [
              { name: "script", mountPath: FOLDER, readOnly: true },
              ...(certificates ? [{ name: "certificates", mountPath: certificates.folder, readOnly: true }] : []),
            ],
          },
        ],
        volumes: [
          { name: "script", configMap: { name } },
          ...(certificates ? [{ name: "certificates", configMap: { name: certificates.configMap } }] : []),
        ],
      },
    },
  };
}

export interface ScriptJobArgs {
  plan: CvatPlan;
  namespace: pulumi.Input<string>;
  cluster: Pick<Cluster, "access" | "readyTimeoutMs">;
  mirror: Mirror | undefined;
  pod: ScriptPod;
  /** More variables, which are no secret and are known only in a run. */
  learned: Readonly<Record<string, pulumi.Input<string>>>;
  /** What else the Job runs anew for: passwords, above all. Nothing of it is told. */
  secrets: pulumi.Input<string>;
  /** What it failed at, as the beginning of a sentence. */
  failed: string;
  /** What must be there before: Secrets. */
  after: readonly pulumi.Resource[];
}

/** Registers the script, its Job and the wait for it. Who depends on what this gives, starts when the script has done its work. */
export function registerScriptJob(
  resource: string,
  { plan, namespace, cluster, mirror, pod, learned, secrets, failed, after }: ScriptJobArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { name } = pod;
  const timeoutMs = cluster.readyTimeoutMs;
  const nonce = new GeneratedText(`${resource}-nonce`, { length: NONCE_LENGTH }, { parent: opts.parent }).value;
  const script = new k8s.core.v1.ConfigMap(
    `${resource}-script`,
    { metadata: { name, namespace }, data: { [`${name}.py`]: pod.script } },
    opts,
  );
  const digest = pulumi.unsecret(
    pulumi
      .all([secrets, nonce])
      .apply(([text, key]) =>
        createHmac("sha256", key).update(text).update(JSON.stringify(pod)).digest("hex").slice(0, 32),
      ),
  );
  const spec = pulumi
    .all([digest, pulumi.output(learned)])
    .apply(([text, more]) =>
      scriptJob({ ...pod, environment: { ...pod.environment, ...more } }, plan, { digest: text, timeoutMs, mirror }),
    );
  const job = new k8s.batch.v1.Job(
    resource,
    {
      metadata: {
        name,
        namespace,
        // As of the users' Job (components/cvat/users/users.ts): replaced as the chart's are, made anew after a failure, waited for below.
        annotations: {
          "pulumi.com/deletionPropagationPolicy": "background",
          "pulumi.com/replaceUnready": "true",
          "pulumi.com/skipAwait": "true",
        },
      },
      spec,
    },
    { ...opts, dependsOn: [script, ...after], deleteBeforeReplace: true },
  );
  const wait = new OwnResource(
    `${resource}-done`,
    "readiness:Job",
    { connection: placeOf(cluster, namespace), name, failed, job: job.metadata.uid, timeoutMs },
    [],
    { parent: opts.parent },
  );
  return [job, wait];
}
