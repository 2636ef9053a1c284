import { BlockList, isIP, isIPv6 } from "node:net";
import type { LiveAddressPool } from "../facts.ts";

/** Whether MetalLB has the address in this pool. What it cannot read is in none; addresses are of IPv4. */
export function poolHas({ spec }: LiveAddressPool, address: string): boolean {
  if (spec?.avoidBuggyIPs && /\.(0|255)$/.test(address)) return false;
  return (spec?.addresses ?? []).some((entry) => entryHas(entry, address));
}

function entryHas(entry: string, address: string): boolean {
  const list = new BlockList();
  const [first = "", last] = entry.split("-", 2).map((part) => part.trim());
  if (last !== undefined) {
    if (isIP(first) === 0 || isIP(first) !== isIP(last)) return false;
    return addedTo(() => list.addRange(first, last, family(first))) && list.check(address);
  }
  const [network = "", length] = entry.split("/", 2);
  // Without a length MetalLB does not read it, nor any other pool. (addresses-and-kubernetes.md, E)
  if (isIP(network) === 0 || length === undefined) return false;
  return addedTo(() => list.addSubnet(network, Number(length), family(network))) && list.check(address);
}

const family = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4");

/** A range that runs backwards, or a length that is none. */
function addedTo(add: () => void): boolean {
  try {
    add();
    return true;
  } catch {
    return false;
  }
}

/** Whether a pool is kept for others than Services of this namespace. What selectors choose is not known here. */
export function isForOthers({ spec }: LiveAddressPool, namespace: string): boolean {
  const { namespaces = [], namespaceSelectors = [], serviceSelectors = [] } = spec?.serviceAllocation ?? {};
  const bySelector = namespaceSelectors.length + serviceSelectors.length > 0;
  return !bySelector && namespaces.length > 0 && !namespaces.includes(namespace);
}

/** `lab has 192.0.2.0/24; edge has 198.51.100.1-198.51.100.9`. */
export function rangesText(pools: readonly LiveAddressPool[]): string {
  return pools
    .map(({ metadata, spec }) => `${metadata?.name ?? ""} has ${(spec?.addresses ?? []).join(", ") || "nothing"}`)
    .join("; ");
}
