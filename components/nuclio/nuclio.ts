import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../kubernetes/cluster.ts";
import { OwnResource } from "../records/resource.ts";
import { NuclioFunction, type FunctionReport, type ModelReader } from "./function.ts";
import { objectOf, PROJECT } from "./names.ts";
import type { Seen } from "./observe.ts";
import type { FunctionPlan } from "./plan.ts";
import { augmentedConfigs, hasField } from "./runtime-class.ts";

export interface NuclioArgs {
  functions: Readonly<Record<string, FunctionPlan>>;
  /** Functions that others deployed and that get their RuntimeClass from us. */
  adopted: Readonly<Record<string, { runtimeClass: string }>>;
  cluster: Cluster;
  /** Namespace of CVAT and so of its Nuclio. */
  namespace: pulumi.Input<string>;
  /** Release of Nuclio, as far as it is known. */
  version: string | undefined;
  /** Resolves when CVAT and Nuclio run. */
  ready: pulumi.Output<void>;
  /** The store of the models; needed where a function has a `model`. */
  store?: ModelReader;
  /** What a look before the run found. ({@link observeFunctions}) */
  findings: pulumi.Input<Readonly<Record<string, Seen>>>;
}

/** The functions CVAT's people choose among as models. */
export class Nuclio extends pulumi.ComponentResource {
  readonly functions: pulumi.Output<Record<string, FunctionReport>>;

  constructor(name: string, args: NuclioArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("vision-platform:nuclio:Nuclio", name, {}, opts);
    const { cluster, namespace, functions, adopted } = args;
    const after = args.ready.apply(() => "ready");
    const child = { parent: this, ...(opts.dependsOn !== undefined && { dependsOn: opts.dependsOn }) };
    const project = new OwnResource(
      `${name}-project`,
      "nuclio:Project",
      { connection: placeOf(cluster, namespace), name: PROJECT, after },
      [],
      child,
    );
    // Once: to make an output of them is work for every function in them.
    const findings = pulumi.output(args.findings);
    const made = Object.entries(functions).map(([fn, plan]) => {
      const args_ = { ...args, function: fn, plan, after };
      const seen = findings.apply((found): Seen => ownOf(found, fn) ?? { finding: "fine" });
      const resource = new NuclioFunction(
        `${name}-${fn}`,
        { ...args_, hasField: hasField(args.version), seen },
        { parent: this, dependsOn: [project] },
      );
      return [fn, resource.report] as const;
    });
    const patched = Object.entries(adopted).map(([fn, { runtimeClass }]) => {
      const patch = classPatch(`${name}-${fn}-runtime-class`, fn, runtimeClass, args, child);
      return [fn, patch.spec.template.spec.runtimeClassName.apply((has) => patchedReport(has))] as const;
    });
    this.functions = pulumi.all(Object.fromEntries<pulumi.Output<FunctionReport>>([...made, ...patched]));
    this.registerOutputs({ functions: this.functions });
  }
}

/** What a map says of a function: one may be called `constructor`, which every object has. */
function ownOf<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/**
 * The part of Nuclio's platform configuration that a stack's functions need: that Nuclio waits for none of them, and their runtime classes
 * where no field of a function does it. Nothing without functions.
 */
export function platformValues(functions: Readonly<Record<string, FunctionPlan>>, nuclio: string | undefined) {
  if (Object.keys(functions).length === 0) return undefined;
  const augmented = Object.values(functions).flatMap(({ config, runtimeClass }) =>
    runtimeClass === undefined ? [] : [{ runtimeClass, eventTimeout: config.timeouts.event }],
  );
  return {
    functionReadinessTimeout: NO_WAIT,
    ...(augmented.length > 0 && hasField(nuclio) !== true && { functionAugmentedConfigs: augmentedConfigs(augmented) }),
  };
}

/**
 * What Nuclio waits for the pods of a function that says no time of its own. Its wait cannot be ended, holds one of the four workers of its
 * controller, refuses every change meanwhile, and empties the function's addresses when it is over; so the wait is ours. Nuclio notes the
 * addresses as soon as the objects are there. (nuclio-real.md, F8 and F9; nuclio: controller/nucliofunction.go, CreateOrUpdate)
 */
const NO_WAIT = "0s";

/**
 * Puts the runtime class on the Deployment of a function that others deployed. Nuclio keeps it when it deploys the function again, since it
 * changes only fields it knows, and loses it when the function is removed. (nuclio.md, 3c) Destroy leaves it: without, the function would
 * lose its GPU.
 */
function classPatch(
  name: string,
  fn: string,
  runtimeClassName: string,
  { namespace, cluster }: NuclioArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.DeploymentPatch {
  return new k8s.apps.v1.DeploymentPatch(
    name,
    {
      metadata: {
        name: objectOf(fn),
        namespace,
        annotations: {
          "pulumi.com/patchForce": "true",
          "pulumi.com/skipAwait": "true",
        },
      },
      spec: { template: { spec: { runtimeClassName } } },
    },
    { ...opts, provider: cluster.provider, retainOnDelete: true },
  );
}

function patchedReport(runtimeClass: string): FunctionReport {
  return { kind: "deployed by others", image: "", runtimeClass: `${runtimeClass}, by the patch` };
}
