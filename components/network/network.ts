import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../charts/workloads.ts";
import { passedOnBySignIn } from "../cvat/edge.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { outsideOf, type OutsideInput } from "./outside.ts";
import { policiesOf } from "./policies.ts";
import { unforeseen } from "./unforeseen.ts";
import { WAYS } from "./ways.ts";

export interface NetworkArgs {
  input: Omit<OutsideInput, "seen">;
  cluster: Cluster;
  /** All pods of the lab, known when the charts are rendered. */
  workloads: pulumi.Input<readonly Workload[]>;
  /** Names of NetworkPolicies that charts bring themselves. */
  ofCharts: pulumi.Input<readonly string[]>;
}

/** The ways between the lab's pods and others, as a NetworkPolicy for each kind of pod. */
export class Network extends pulumi.ComponentResource {
  /** Names of the policies. */
  readonly policies: pulumi.Output<string[]>;

  constructor(
    name: string,
    { input, cluster, workloads, ofCharts }: NetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("vision-platform:network:Network", name, {}, opts);
    const seen = cluster.prepared?.seen;
    const outside = outsideOf({ ...input, seen });
    const chosen = { ...input.network, inPath: input.cvat !== undefined && passedOnBySignIn(input.cvat) !== undefined };
    const child = { parent: this, provider: cluster.provider };
    this.policies = pulumi.all([workloads, ofCharts]).apply(([all, brought]) => {
      for (const text of unforeseen(all, brought, seen)) void pulumi.log.warn(`vision-platform:network: ${text}`, this);
      return policiesOf(WAYS, all, outside, chosen).map(({ name: own, namespace, spec }) => {
        new k8s.networking.v1.NetworkPolicy(
          `${name}-${own}`,
          { metadata: { name: own, namespace }, spec: spec as k8s.types.input.networking.v1.NetworkPolicySpec },
          child,
        );
        return own;
      });
    });
    this.registerOutputs({ policies: this.policies });
  }
}
