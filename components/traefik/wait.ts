import type * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../kubernetes/cluster.ts";
import { Gate } from "../readiness/resource.ts";
import type { TraefikConfig } from "./traefik-config.ts";

const KEY = "vision-platform:traefik.address";

/**
 * The address of Traefik's Service, once it has it. The patch is accepted in any case, and an address that cannot be given costs the Service
 * the one it had. (addresses-and-kubernetes.md, A)
 *
 * An output of the gate, so that what is made with it does not depend on the patch: a patch of another Service would replace it.
 * @param opts `dependsOn` the patch
 */
export function addressWhenGiven(
  name: string,
  address: string,
  { service, namespace }: TraefikConfig,
  cluster: Cluster,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const gate = new Gate(
    name,
    {
      title: "Traefik",
      cluster,
      namespace,
      expectations: [{ kind: "Service", name: service, stage: "addresses", addresses: [address], key: KEY }],
      rendered: address,
      hint: `Without an address nothing behind Traefik is reached, other applications included. To go back, set ${KEY} to the one it had and run up.`,
    },
    opts,
  );
  return gate.addressOf(service);
}
