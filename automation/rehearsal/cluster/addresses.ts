import { isIPv4 } from "node:net";

/** What a Service asks for and has, as far as its address goes. */
export interface AddressClaim {
  /** `namespace/name` */
  key: string;
  /** Addresses it has now. */
  held: readonly string[];
  /** Addresses asked for by MetalLB's annotations; empty: any. */
  asked: readonly string[];
  /** `spec.loadBalancerIP`, deprecated and still used. */
  askedInSpec?: string;
  /** Services with the same key share an address when their ports differ. */
  sharingKey?: string;
  /** `TCP/443` and so on. */
  ports: readonly string[];
  /** Left without an address on purpose. */
  refused?: boolean;
}

/** What becomes of a claim. */
export type Decision =
  { key: string; addresses: string[] } | { key: string; problem: string } | { key: string; ignored: true };

/**
 * Gives addresses as MetalLB does: those asked for or else the first free one; never one twice, and none from outside
 * the pool. Who holds an address that it may have keeps it.
 * @param claims every Service of type LoadBalancer, oldest first
 * @param pool CIDRs, ranges (`a-b`) and single addresses, in order of use
 */
export function allocate(claims: readonly AddressClaim[], pool: readonly string[]): Decision[] {
  const taken = new Map<string, AddressClaim[]>();
  const decisions = new Map<string, Decision>();
  const holding = (claim: AddressClaim) => claim.held.length > 0;
  for (const claim of [...claims.filter(holding), ...claims.filter((other) => !holding(other))]) {
    const decision = decide(claim, pool, taken);
    decisions.set(claim.key, decision);
    if ("addresses" in decision) {
      for (const address of decision.addresses) taken.set(address, [...(taken.get(address) ?? []), claim]);
    }
  }
  return claims.flatMap((claim) => decisions.get(claim.key) ?? []);
}

function decide(claim: AddressClaim, pool: readonly string[], taken: ReadonlyMap<string, AddressClaim[]>): Decision {
  const { key } = claim;
  if (claim.refused) return { key, ignored: true };
  if (claim.asked.length > 0 && claim.askedInSpec !== undefined) {
    return { key, problem: "service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP" };
  }
  const asked = claim.askedInSpec === undefined ? claim.asked : [claim.askedInSpec];
  const usable = (address: string) => (taken.get(address) ?? []).every((other) => mayShare(claim, other));
  if (asked.length === 0) {
    const kept = claim.held.filter((address) => inPool(address, pool) && usable(address));
    const free = kept.length > 0 ? kept : firstFree(pool, (address) => !taken.has(address));
    return free.length > 0 ? { key, addresses: free } : { key, problem: "no available IPs" };
  }
  for (const address of asked) {
    if (!isIPv4(address))
      return { key, problem: `invalid requested loadbalancer IPs: ${address} is not an IPv4 address` };
    if (!inPool(address, pool)) return { key, problem: `["${address}"] is not allowed in config` };
    const other = taken.get(address)?.find((holder) => !mayShare(claim, holder));
    if (other) return { key, problem: `can't change sharing key for "${key}", address also in use by ${other.key}` };
  }
  return { key, addresses: [...asked] };
}

function mayShare(a: AddressClaim, b: AddressClaim): boolean {
  return a.sharingKey !== undefined && a.sharingKey === b.sharingKey && !a.ports.some((port) => b.ports.includes(port));
}

function inPool(address: string, pool: readonly string[]): boolean {
  const number = asNumber(address);
  return pool.some((entry) => number >= bounds(entry).first && number <= bounds(entry).last);
}

function firstFree(pool: readonly string[], free: (address: string) => boolean): string[] {
  for (const entry of pool) {
    const { first, last } = bounds(entry);
    for (let number = first; number <= last; number++) {
      const address = asAddress(number);
      // MetalLB's avoidBuggyIPs: .0 and .255 confuse some routers; a person would not expect them either.
      if (!/\.(0|255)$/.test(address) && free(address)) return [address];
    }
  }
  return [];
}

/** First and last address of a pool's entry. */
function bounds(entry: string): { first: number; last: number } {
  const [from = "", to] = entry.split("-").map((part) => part.trim());
  if (to !== undefined) return { first: asNumber(from), last: asNumber(to) };
  const [network = "", length = "32"] = from.split("/");
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(asNumber(network) / size) * size;
  return { first, last: first + size - 1 };
}

function asNumber(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function asAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
