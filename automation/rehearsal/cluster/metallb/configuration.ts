import { isIPv4 } from "node:net";
import type { KubernetesObject } from "@kubernetes/client-node";

/** MetalLB's pool of addresses as the API server has it, as far as it is read here. */
export interface IpAddressPool extends KubernetesObject {
  spec?: {
    addresses?: string[];
    autoAssign?: boolean;
    avoidBuggyIPs?: boolean;
    serviceAllocation?: {
      priority?: number;
      namespaces?: string[];
      namespaceSelectors?: unknown[];
      serviceSelectors?: unknown[];
    };
  };
  /** What of it is given, since 0.15. */
  status?: Readonly<Record<string, number>>;
}

/** A pool that is in force. */
export interface Pool {
  name: string;
  /** In the order of the object. */
  ranges: readonly Range[];
  autoAssign: boolean;
  avoidBuggyIps: boolean;
  /** Namespaces it gives to, and its rank among those that do; undefined: to all. */
  serves?: { namespaces: readonly string[]; priority: number };
}

/** First and last address, as numbers. */
export interface Range {
  first: number;
  last: number;
}

/**
 * The pools as MetalLB 0.16 takes them: all of them, or none when one is wrong, and then the last good ones stay in force.
 * (metallb: internal/config/config.go, poolsFor, addressPoolFromCR and ParseCIDR; the texts are theirs)
 */
export function configurationOf(objects: readonly IpAddressPool[]): { pools: Pool[] } | { problem: string } {
  const pools: Pool[] = [];
  const all: { range: Range; text: string }[] = [];
  for (const object of objects) {
    const name = object.metadata?.name ?? "";
    const { addresses = [], autoAssign = true, avoidBuggyIPs = false, serviceAllocation } = object.spec ?? {};
    const wrong = (problem: string) => ({ problem: `parsing address pool ${name}: ${problem}` });
    if (addresses.length === 0) return wrong("pool has no prefixes defined");
    const ranges: Range[] = [];
    for (const text of addresses) {
      const range = rangeOf(text);
      if ("problem" in range) return wrong(`invalid CIDR "${text}" in pool "${name}": ${range.problem}`);
      ranges.push(range);
    }
    if (serviceAllocation?.namespaceSelectors?.length || serviceAllocation?.serviceSelectors?.length)
      return wrong("the rehearsal's MetalLB knows no selectors in serviceAllocation, only namespaces");
    for (const [index, range] of ranges.entries()) {
      const other = all.find(({ range: known }) => range.first <= known.last && known.first <= range.last);
      const text = addresses[index] ?? "";
      if (other) {
        return {
          problem: `CIDR "${text}" in pool "${name}" overlaps with already defined CIDR "${other.text}"`,
        };
      }
      all.push({ range, text });
    }
    const { namespaces = [], priority = 0 } = serviceAllocation ?? {};
    const serves = namespaces.length > 0 ? { namespaces, priority } : undefined;
    pools.push({ name, ranges, autoAssign, avoidBuggyIps: avoidBuggyIPs, serves });
  }
  return { pools };
}

/** First and last address of a pool's entry: a CIDR or `a-b`. A single address is neither. */
function rangeOf(entry: string): Range | { problem: string } {
  const [from = "", to] = entry.split("-", 2).map((part) => part.trim());
  if (to !== undefined) {
    if (!isIPv4(from)) return { problem: `invalid IP range "${entry}": invalid start IP "${from}"` };
    if (!isIPv4(to)) return { problem: `invalid IP range "${entry}": invalid end IP "${to}"` };
    const range = { first: asNumber(from), last: asNumber(to) };
    return range.first <= range.last
      ? range
      : { problem: `invalid IP range "${entry}": start IP "${from}" is after the end IP "${to}"` };
  }
  const [network = "", length = ""] = entry.split("/", 2);
  if (!isIPv4(network) || !/^(\d|[12]\d|3[0-2])$/.test(length)) return { problem: `invalid CIDR "${entry}"` };
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(asNumber(network) / size) * size;
  return { first, last: first + size - 1 };
}

/** Whether a pool has the address. */
export function contains({ ranges, avoidBuggyIps }: Pool, address: string): boolean {
  if (avoidBuggyIps && confuses(address)) return false;
  const number = asNumber(address);
  return ranges.some(({ first, last }) => number >= first && number <= last);
}

/** The addresses of a pool in the order in which they are given. */
export function* addressesIn({ ranges, avoidBuggyIps }: Pool): Generator<string> {
  for (const { first, last } of ranges) {
    for (let number = first; number <= last; number++) {
      const address = asAddress(number);
      if (!(avoidBuggyIps && confuses(address))) yield address;
    }
  }
}

/** How many addresses a pool has to give. */
export function sizeOf({ ranges, avoidBuggyIps }: Pool): number {
  return ranges.reduce((sum, { first, last }) => {
    const all = last - first + 1;
    const ending = (byte: number) => Math.floor((last - byte) / 256) - Math.ceil((first - byte) / 256) + 1;
    return sum + (avoidBuggyIps ? all - ending(0) - ending(255) : all);
  }, 0);
}

/** Some routers take .0 and .255 for broadcasts. (metallb: internal/allocator/allocator.go, ipConfusesBuggyFirmwares) */
const confuses = (address: string) => /\.(0|255)$/.test(address);

function asNumber(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function asAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
