import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { UserError } from "../errors.ts";
import { ResourceError } from "../program-errors.ts";
import { namespaceReader } from "../readiness/client.ts";
import { waitUntilReady } from "../readiness/gate.ts";
import type { TraefikConfig } from "./config.ts";

/**
 * The address of Traefik's Service, once it has it. The patch is accepted in any case, and an address that cannot be given costs the Service
 * the one it had. (addresses-and-kubernetes.md, A)
 *
 * A plain promise, so that what is made with it does not depend on the patch: a patch of another Service would replace it.
 * @param patched resolves when the Service was asked
 * @param component whose error it is when the address does not come
 */
export function addressWhenGiven(
  address: string,
  { service, namespace }: TraefikConfig,
  cluster: Cluster,
  patched: pulumi.Output<unknown>,
  component: pulumi.Resource,
): Promise<string> {
  if (pulumi.runtime.isDryRun()) return Promise.resolve(address);
  const key = "vision-platform:traefik.address";
  const wait = async () => {
    try {
      await waitUntilReady({
        title: "Traefik",
        expectations: [{ kind: "Service", name: service, stage: "addresses", addresses: [address], key }],
        timeoutMs: cluster.readyTimeoutMs,
        timeoutKey: "vision-platform:cluster.readyTimeout",
        reader: await namespaceReader(cluster.access, namespace),
        say: (line) => void pulumi.log.info(line, component, undefined, true),
      });
      return address;
    } catch (error) {
      const problem =
        error instanceof UserError
          ? `${error.message}\nWithout an address nothing behind Traefik is reached, other applications included. To go back, set ${key} to the one it had and run up.`
          : `Traefik: cannot tell whether it has its address: ${error instanceof Error ? error.message : String(error)}`;
      throw new ResourceError(problem, component);
    }
  };
  return new Promise((resolve, reject) => {
    patched.apply(() => wait().then(resolve, reject));
  });
}
