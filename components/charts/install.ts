import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { UserError } from "../errors.ts";
import { namespaceReader } from "../readiness/client.ts";
import { claimsOf, expectationsOf, type Expectation, type StatefulSetClaim } from "../readiness/expectation.ts";
import { waitUntilReady } from "../readiness/gate.ts";
import { addressIn, type Snapshot } from "../readiness/snapshot.ts";
import { growClaims } from "./claims.ts";
import { COMMON_FIXES } from "./common-fixes.ts";
import type { Fix, RenderedObject } from "./fixes.ts";
import { Ledger, type LedgerRow } from "./ledger.ts";
import { seal } from "./seal.ts";
import type { ChartSource } from "./source.ts";
import type { StageRow } from "./stages.ts";
import { renderTransform } from "./transform.ts";
import { ResourceError } from "../program-errors.ts";

export interface ChartInstallArgs {
  /** What a person calls it: `CVAT`. Stands in every line of progress. */
  title: string;
  /** The chart on this machine. */
  chart: ChartSource;
  /** Release name: the prefix of the chart's objects. */
  release: string;
  /** Namespace, which must outlive the release: its claims go with it. */
  namespace: pulumi.Input<string>;
  /** Chart values. Secrets may stand anywhere among them, as secret Outputs of text: Helm never sees them. */
  values: pulumi.Inputs;
  /** What this chart needs changed at render. */
  fixes: readonly Fix[];
  /** In which stage which workload is waited for. Default of a workload without a row: workers. */
  stages: readonly StageRow[];
  /** Keys of the stack file that ask for the address of a Service, by its name. Default: none do. */
  addressKeys?: Readonly<Record<string, string>>;
  cluster: Cluster;
}

/**
 * A Helm chart, installed object by object, with its fixes applied at render and a readiness gate of our own.
 *
 * Left alone, `helm.v4.Chart` waits for its children in few slots and deadlocks (Deployments hold the slots that their claim needs), and
 * each Service costs 10 s. So the chart skips the engine's waits, and {@link ready} waits in the lab's order. (charts-on-the-engine.md, 0.A)
 */
export class ChartInstall extends pulumi.ComponentResource {
  /** Resolves when every object is ready; at preview at once. Anything that needs the running application takes it as an input. */
  readonly ready: pulumi.Output<void>;
  /** What became of each fix. */
  readonly ledger: pulumi.Output<LedgerRow[]>;
  readonly #children: pulumi.Output<pulumi.Resource[]>;
  readonly #snapshot: pulumi.Output<Snapshot | undefined>;

  constructor(name: string, args: ChartInstallArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("vision-platform:charts:ChartInstall", name, {}, opts);
    const { chart, release, cluster, namespace } = args;
    const ledger = new Ledger(chart.name, [...COMMON_FIXES, ...args.fixes]);
    const expectations: Expectation[] = [];
    const claims: StatefulSetClaim[] = [];
    const see = (object: RenderedObject) => {
      const expected = expectationsOf(object, args.stages);
      expectations.push(...expected.map((one) => ({ ...one, key: args.addressKeys?.[one.name] })));
      if (object.kind === "StatefulSet") claims.push(...claimsOf(object));
    };
    const sealed = seal(args.values);

    const installed = new k8s.helm.v4.Chart(
      name,
      {
        name: release,
        namespace,
        chart: chart.path,
        skipAwait: true,
        resourcePrefix: release,
        values: pulumi.output(sealed).apply(({ values }) => values),
      },
      {
        parent: this,
        provider: cluster.provider,
        transforms: [renderTransform(ledger, sealed, see, cluster.prepared)],
      },
    );
    this.#children = installed.resources as pulumi.Output<pulumi.Resource[]>;
    this.ledger = this.#children.apply(() => ledger.rows());
    this.#snapshot = pulumi.all([this.#children, namespace]).apply(async ([, where]) => {
      if (pulumi.runtime.isDryRun()) return undefined;
      return this.#wait(args, where, expectations);
    });
    this.ready = this.#snapshot.apply(() => undefined);
    const afterwards = pulumi.all([namespace, this.ready]).apply(([where]) => where);
    this.#children.apply(() => growClaims(name, claims, afterwards, { parent: this, provider: cluster.provider }));
    // An output of the component, so that the run waits for it where nothing else does.
    this.registerOutputs({ ledger: this.ledger, ready: this.ready });
  }

  /** The address of a LoadBalancer Service; at preview unknown, so a text that says so. */
  addressOf(service: string): pulumi.Output<string> {
    return this.#snapshot.apply(
      (snapshot) => (snapshot && addressIn(snapshot, "Service", service)) ?? "(known after up)",
    );
  }

  /** A chart object's resource, for others to depend on or to read. Fails when the chart renders no such object. */
  object(kind: string, objectName: string): pulumi.Output<pulumi.Resource> {
    return this.#children.apply(async (children) => {
      for (const child of children) {
        const urn = await new Promise<string>((resolve) => child.urn.apply(resolve));
        if (urn.includes(`:${kind}::`) && urn.endsWith(`/${objectName}`)) return child;
      }
      throw new ResourceError(`the chart renders no ${kind} named ${objectName}`, this);
    });
  }

  async #wait(args: ChartInstallArgs, namespace: string, expectations: Expectation[]): Promise<Snapshot> {
    try {
      return await waitUntilReady({
        title: args.title,
        expectations,
        timeoutMs: args.cluster.readyTimeoutMs,
        timeoutKey: "vision-platform:cluster.readyTimeout",
        reader: await namespaceReader(args.cluster.access, namespace),
        say: (line) => void pulumi.log.info(line, this, undefined, true),
      });
    } catch (error) {
      // Anything else is the API server's: it can be read no more, or may not be.
      const problem =
        error instanceof UserError
          ? error.message
          : `${args.title}: cannot tell whether it is ready: ${error instanceof Error ? error.message : String(error)}`;
      throw new ResourceError(problem, this);
    }
  }
}
