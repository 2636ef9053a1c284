import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../kubernetes/cluster.ts";
import { OwnResource } from "../records/resource.ts";
import type { Expectation } from "./expectation.ts";

export interface GateArgs {
  /** What is waited for, by the name a person knows it by: `CVAT`. Stands in every line of progress. */
  title: string;
  cluster: Cluster;
  namespace: pulumi.Input<string>;
  expectations: pulumi.Input<Expectation[]>;
  /** Digest of every object that is waited for. A secret: what was digested may hold some that could be guessed. */
  rendered: pulumi.Input<string>;
  /** Digest of each LoadBalancer Service, by its name. Default: none. */
  services?: pulumi.Input<Record<string, string>>;
  /** More to say where the wait fails. Default: nothing. */
  hint?: string;
}

/** A wait until objects of the cluster are ready. What needs them depends on it. */
export class Gate extends OwnResource {
  /** Resolves when they are. Known in a preview, which does not wait. */
  readonly ready: pulumi.Output<void>;

  constructor(
    name: string,
    { title, cluster, namespace, expectations, rendered, services = {}, hint }: GateArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      name,
      "readiness:Gate",
      {
        title,
        connection: placeOf(cluster, namespace),
        expectations,
        rendered: pulumi.secret(rendered),
        services: pulumi.secret(services),
        timeoutMs: cluster.readyTimeoutMs,
        timeoutKey: "vision-platform:cluster.readyTimeout",
        ...(hint === undefined ? {} : { hint }),
      },
      ["addresses"],
      opts,
    );
    // By the URN: an id is not known before the first wait.
    this.ready = this.urn.apply(() => undefined);
  }

  /** The address of a LoadBalancer Service that is waited for; unknown where a preview cannot tell. */
  addressOf(service: string): pulumi.Output<string> {
    // Reached for one by one: all of them are not known while one is not.
    const address = this.output<Record<string, string | undefined>>("addresses")[service];
    return pulumi
      .output(address)
      .apply((known) => known ?? `(no address: Service ${service} is none of a LoadBalancer)`);
  }
}
