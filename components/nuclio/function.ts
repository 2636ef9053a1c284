import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../kubernetes/cluster.ts";
import { OwnResource } from "../records/resource.ts";
import { millisecondsOf } from "../schema/values.ts";
import { restartedReaders } from "../secrets/readers.ts";
import type { Seen } from "./observe.ts";
import type { FunctionPlan } from "./plan.ts";
import { functionObject, MODEL_SECRET_KEYS } from "./spec.ts";

/** The object store as a function reads it. */
export interface ModelReader {
  /** Where pods reach it: `http://192.0.2.30:9000`. */
  endpoint: pulumi.Input<string>;
  region: pulumi.Input<string>;
  /** ConfigMap with the certificates of its private authority. */
  authority?: string | undefined;
  /** A key that may read models and nothing else. */
  accessKey: pulumi.Input<string>;
  secretKey: pulumi.Input<string>;
}

export interface NuclioFunctionArgs {
  /** Name of the function in Nuclio and in CVAT. */
  function: string;
  plan: FunctionPlan;
  cluster: Cluster;
  namespace: pulumi.Input<string>;
  /** Resolves when Nuclio is there. */
  after: pulumi.Input<string>;
  /** Whether this Nuclio has the field `runtimeClassName`. */
  hasField: boolean | undefined;
  /** Needed where the function has a `model`. */
  store?: ModelReader;
  /** What a look before the run saw of it. */
  seen: pulumi.Input<Seen>;
}

/** What a stack says of a function once it runs. */
export interface FunctionReport {
  kind: string;
  image: string;
  /** `nvidia, by the platform configuration`; none for functions that have none. */
  runtimeClass: string;
}

/** One function of CVAT's list of models: deployed by Nuclio's dashboard, which is reached through the API server. */
export class NuclioFunction extends pulumi.ComponentResource {
  readonly report: pulumi.Output<FunctionReport>;

  constructor(name: string, args: NuclioFunctionArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("vision-platform:nuclio:NuclioFunction", name, {}, opts);
    const { plan, cluster, store } = args;
    const { config } = plan;
    const child = { parent: this, ...(opts.dependsOn !== undefined && { dependsOn: opts.dependsOn }) };
    const secret = modelSecret(name, args, { ...child, provider: cluster.provider });
    const runtimeClass = plan.runtimeClass ?? "";

    const record = new OwnResource(
      name,
      "nuclio:Function",
      {
        connection: placeOf(cluster, args.namespace),
        function: wanted(args),
        runtimeClass,
        readyMs: millisecondsOf(config.timeouts.ready),
        buildMs: config.build ? millisecondsOf(config.build.timeout) : 0,
        seen: args.seen,
        after: args.after,
      },
      ["image", "runtimeClassBy", "drift"],
      pulumi.mergeOptions(child, { dependsOn: secret ? [secret] : [] }),
    );
    if (secret && store)
      restartedReaders(
        `${name}-restart`,
        {
          cluster,
          namespace: args.namespace,
          texts: {
            [modelSecretName(args.function)]: pulumi
              .all([store.accessKey, store.secretKey])
              .apply((keys) => keys.join("\n")),
          },
        },
        { ...child, dependsOn: [record] },
      );
    this.report = pulumi
      .all([record.output<string>("image"), record.output<string>("runtimeClassBy")])
      .apply(([image, by]) => ({
        kind: config.kind,
        image,
        runtimeClass: runtimeClass === "" ? "none" : `${runtimeClass}, by the ${by}`,
      }));
    this.registerOutputs({ report: this.report });
  }
}

function wanted(args: NuclioFunctionArgs) {
  const { function: name, plan, hasField, store } = args;
  return pulumi.all([args.namespace, store?.endpoint, store?.region]).apply(([namespace, endpoint, region]) =>
    functionObject(name, plan, {
      namespace,
      hasField,
      ...(plan.config.model !== undefined &&
        endpoint !== undefined &&
        region !== undefined && {
          // By its name alone: a Secret with another key is made anew, and the function stays what it was.
          store: {
            endpoint,
            region,
            secret: modelSecretName(name),
            authority: store?.authority,
          },
        }),
    }),
  );
}

const modelSecretName = (fn: string) => `function-${fn}-model`;

/** The key to the model, which the function's pods take from here: Nuclio keeps variables of a function in plain text. */
function modelSecret(
  name: string,
  { function: fn, plan, namespace, store }: NuclioFunctionArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret | undefined {
  if (!plan.config.model || !store) return undefined;
  return new k8s.core.v1.Secret(
    `${name}-model`,
    {
      metadata: { name: modelSecretName(fn), namespace },
      stringData: {
        [MODEL_SECRET_KEYS.accessKey]: pulumi.secret(store.accessKey),
        [MODEL_SECRET_KEYS.secretKey]: pulumi.secret(store.secretKey),
      },
    },
    opts,
  );
}
