import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../kubernetes/cluster.ts";
import { ResourceError } from "../program/run-errors.ts";
import { claimsOf, expectationsOf, type Expectation, type StatefulSetClaim } from "../readiness/expectation.ts";
import { Gate } from "../readiness/resource.ts";
import { knowChildrenByName, uidOf } from "./children.ts";
import { growClaims } from "./claims.ts";
import { COMMON_FIXES } from "./common-fixes.ts";
import { digestOf, sealedIn, textOf, type ObjectText } from "./digest.ts";
import type { Fix } from "./fixes.ts";
import type { Mirror } from "../images/mirror.ts";
import { pullSecret } from "../images/pull-secret.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import { Ledger, type LedgerRow } from "./ledger.ts";
import { seal, type Sealed } from "./seal.ts";
import type { ChartSource } from "./source.ts";
import type { StageRow } from "../readiness/stages.ts";
import { renderTransform } from "./transform.ts";
import { noteNetwork, workloadsOf, type NetworkParts, type Workload } from "./workloads.ts";

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
  /** Where images are taken from. Default: from where the chart says. */
  mirror?: Mirror | undefined;
  /** Keys of the stack file that ask for the address of a Service, by its name. Default: none do. */
  addressKeys?: Readonly<Record<string, string>>;
  cluster: Cluster;
  /** The Secret by which the namespace pulls from the mirror, where something needs it before the chart. Default: it is made here. */
  pulls?: pulumi.Resource[];
}

/**
 * A Helm chart, installed object by object, with its fixes applied at render and a readiness gate of our own.
 *
 * Left alone, `helm.v4.Chart` waits for its children in few slots and deadlocks (Deployments hold the slots that their claim needs), and
 * each Service costs 10 s. So the chart skips the engine's waits, and the gate waits in the lab's order. (charts-on-the-engine.md, 0.A)
 */
export class ChartInstall extends pulumi.ComponentResource {
  /** Resolves when every object is ready; at preview at once. Anything that needs the running application takes it as an input. */
  readonly ready: pulumi.Output<void>;
  /** What became of each fix. */
  readonly ledger: pulumi.Output<LedgerRow[]>;
  /** The pods it makes, and where they listen. */
  readonly workloads: pulumi.Output<Workload[]>;
  /** Names of NetworkPolicies that the chart brings itself. */
  readonly ownPolicies: pulumi.Output<string[]>;
  readonly #children: pulumi.Output<pulumi.Resource[]>;
  readonly #gate: Gate;

  constructor(name: string, args: ChartInstallArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("vision-platform:charts:ChartInstall", name, {}, opts);
    knowChildrenByName();
    const { chart, release, cluster, namespace } = args;
    const ledger = new Ledger(chart.name, [...COMMON_FIXES, ...args.fixes]);
    const network: NetworkParts = { workloads: [], services: [], policies: [] };
    const rendered: RenderedObjects = { expectations: [], claims: [], texts: [], network };
    const sealed = seal(args.values);

    const pulls = args.pulls ?? pullSecret(name, args.mirror, namespace, { parent: this, provider: cluster.provider });
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
        dependsOn: pulls,
        transforms: [
          renderTransform(ledger, sealed, (object) => see(object, args, rendered), {
            prepared: cluster.prepared,
            mirror: args.mirror,
          }),
        ],
      },
    );
    this.#children = installed.resources as pulumi.Output<pulumi.Resource[]>;
    this.ledger = this.#children.apply(() => ledger.rows());
    this.workloads = pulumi.all([namespace, this.#children]).apply(([where]) => workloadsOf(network, where));
    this.ownPolicies = this.#children.apply(() => [...network.policies].sort());
    const digests = pulumi.output(
      this.#children.apply(async (children) => digestsOf(rendered.texts, (await sealed).secrets, children)),
    );
    this.#gate = new Gate(
      `${name}-ready`,
      {
        title: args.title,
        cluster,
        namespace,
        expectations: this.#children.apply(() => inOneOrder(rendered.expectations)),
        rendered: digests.rendered,
        services: digests.services,
      },
      // What waits for the gate is removed before the objects are: a function needs its Nuclio to be removed by.
      { parent: this, dependsOn: this.#children },
    );
    this.ready = this.#gate.ready;
    // Which claims there are is known when the chart is rendered.
    this.#children.apply(() =>
      growClaims(name, rendered.claims, namespace, {
        parent: this,
        provider: cluster.provider,
        dependsOn: this.#gate,
      }),
    );
    this.registerOutputs({ ledger: this.ledger, ready: this.ready });
  }

  /** The address of a LoadBalancer Service; unknown where a preview cannot tell. */
  addressOf(service: string): pulumi.Output<string> {
    return this.#gate.addressOf(service);
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
}

/** What a chart comes to. Filled while its objects are rendered, one by one and in no order. */
interface RenderedObjects {
  expectations: Expectation[];
  claims: StatefulSetClaim[];
  texts: ObjectText[];
  network: NetworkParts;
}

function see(object: RenderedObject, { stages, addressKeys }: ChartInstallArgs, rendered: RenderedObjects): void {
  const expected = expectationsOf(object, stages);
  rendered.expectations.push(...expected.map((one) => ({ ...one, key: addressKeys?.[one.name] })));
  if (object.kind === "StatefulSet") rendered.claims.push(...claimsOf(object));
  rendered.texts.push(textOf(object));
  noteNetwork(object, rendered.network);
}

const inOneOrder = (expectations: readonly Expectation[]): Expectation[] =>
  [...expectations].sort((one, other) => one.kind.localeCompare(other.kind) || one.name.localeCompare(other.name));

/** Digests of all objects together, and of each Service by its name. */
function digestsOf(texts: readonly ObjectText[], secrets: Sealed["secrets"], children: readonly pulumi.Resource[]) {
  const services = texts.filter(({ kind }) => kind === "Service");
  return {
    // With the UIDs, so that what was removed by hand and is made again is waited for again.
    rendered: digestOf(texts, secrets, children.map(uidOf)),
    services: Object.fromEntries(
      services.map((service) => [service.name, digestOf([service], sealedIn(service, secrets))] as const),
    ),
  };
}
