import type { NamespaceReader } from "./client.ts";
import type { Expectation } from "./expectation.ts";
import type { Obstacle } from "./explain.ts";
import { keyOf, lastChange, type Snapshot } from "./snapshot.ts";

/** Traefik writes its address on an Ingress within 3 s, or never: without `publishedService` it writes none. (addresses-and-kubernetes.md, 2) */
const PUBLISHED_WITHIN_MS = 20_000;
/** The clocks of this machine and of the API server may differ by some. */
const SETTLED_AFTER_MS = 60_000;

/** What is said of an Ingress that is not waited for any longer. */
export const UNPUBLISHED =
  "has no address: Traefik writes none on Ingresses here, or does not serve it. It is not waited for: Traefik answers at its own address";

/**
 * Whether an Ingress is without an address because Traefik writes none, which is no fault of the lab: it is reached all the same. Known of an
 * Ingress that is older than what Traefik takes, and of a new one once nothing else was waited for that long.
 * @param onlyIngresses since when only Ingresses are waited for, in milliseconds since 1970
 */
export function isUnpublished(
  { kind, name }: Expectation,
  snapshot: Snapshot,
  onlyIngresses: number | undefined,
): boolean {
  const object = snapshot.get(keyOf(kind, name));
  if (kind !== "Ingress" || object === undefined || onlyIngresses === undefined) return false;
  const changed = lastChange(object);
  const isOld = changed > 0 && Date.now() - changed > SETTLED_AFTER_MS;
  return isOld || Date.now() - onlyIngresses > PUBLISHED_WITHIN_MS;
}

/**
 * The obstacles, those of Services with the key of the stack file that asks for their address; and where MetalLB did not take its pools,
 * with that as the reason, which no event tells.
 */
export async function withKeys(
  pending: readonly Expectation[],
  found: readonly Obstacle[],
  reader: NamespaceReader,
): Promise<Obstacle[]> {
  const asking = new Map(
    pending
      .filter(({ kind, addresses = [] }) => kind === "Service" && addresses.length > 0)
      .map((expected) => [keyOf(expected.kind, expected.name), expected]),
  );
  if (asking.size === 0) return [...found];
  const trouble = await reader.poolTrouble?.();
  const unsaid = [...asking.keys()].filter((object) => !found.some((obstacle) => obstacle.object === object));
  return [
    ...found.map((obstacle) =>
      asking.has(obstacle.object) && trouble !== undefined
        ? poolsNotTaken(obstacle.object, trouble, obstacle)
        : obstacle,
    ),
    ...(trouble === undefined ? [] : unsaid.map((object) => poolsNotTaken(object, trouble))),
  ].map((obstacle) => {
    const key = asking.get(obstacle.object)?.key;
    return key === undefined ? obstacle : { ...obstacle, cure: `${key}: ${obstacle.cure}` };
  });
}

function poolsNotTaken(object: string, trouble: string, said?: Obstacle): Obstacle {
  return {
    object,
    reason: `MetalLB did not take its pools as they are now: ${trouble}${said ? ` (${said.reason})` : ""}`,
    cure: "Mend them (kubectl get ipaddresspool,configurationstate -A): until then those from before are in force.",
    final: true,
  };
}
