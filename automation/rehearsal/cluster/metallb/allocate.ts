import { isIP, isIPv6 } from "node:net";
import { addressesIn, contains, type Pool } from "./configuration.ts";

/** What a Service asks for and has, as far as its address goes. */
export interface AddressClaim {
  /** `namespace/name` */
  key: string;
  namespace: string;
  /** Addresses its status shows now, whoever wrote them. */
  held: readonly string[];
  /** Pool that its annotation says they are from. */
  heldFrom?: string;
  /** MetalLB's annotation as it stands; undefined: any address. */
  asked?: string;
  /** `spec.loadBalancerIP`, deprecated and still used. */
  askedInSpec?: string;
  /** The only pool it takes an address from. */
  pool?: string;
  /** Services with the same key share an address when their ports differ. */
  sharingKey?: string;
  /** With `externalTrafficPolicy: Local`, only those with the same pods share. Else empty. */
  backend?: string;
  /** `TCP/443` and so on. */
  ports: readonly string[];
  /** Its annotations with the prefix from before 0.15. */
  deprecated?: readonly string[];
  /** Left without an address on purpose: the rehearsal's own annotation. */
  refused?: boolean;
}

/** What MetalLB says of a Service, as an event. */
export interface Said {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** What becomes of a claim: the addresses its status shows from now on, the pool they are from, and what is said of it. */
export interface Decision {
  key: string;
  addresses: readonly string[];
  pool?: string;
  events: readonly Said[];
}

/** What is given already: by address, who has it, last come last. */
type Given = Map<string, AddressClaim[]>;

/**
 * Gives addresses as the controller of MetalLB 0.16 does, with its words. (metallb: controller/service.go, convergeBalancer;
 * internal/allocator/allocator.go; measured with 0.16.2: addresses-and-kubernetes.md) Who keeps what it has comes first, as in a controller
 * that has been running.
 * @param claims every Service of type LoadBalancer, oldest first
 * @param pools those in force; with none every Service loses its address, without a word
 */
export function allocate(claims: readonly AddressClaim[], pools: readonly Pool[]): Decision[] {
  const given: Given = new Map();
  const decisions = new Map<string, Decision>();
  const decide = (claim: AddressClaim) => {
    const decision = converge(claim, pools, given);
    decisions.set(claim.key, decision);
    for (const address of decision.addresses) given.set(address, [...(given.get(address) ?? []), claim]);
  };
  const [staying, moving] = split(claims, ({ held, asked, askedInSpec }) => {
    const wish = asked ?? askedInSpec;
    return held.length > 0 && (wish === undefined || wish === held.join(",") || both({ asked, askedInSpec }));
  });
  for (const claim of [...staying, ...moving]) decide(claim);
  return claims.flatMap(({ key }) => decisions.get(key) ?? []);
}

function converge(claim: AddressClaim, pools: readonly Pool[], given: Given): Decision {
  const { key, held } = claim;
  if (claim.refused || pools.length === 0) return { key, addresses: [], events: [] };
  const events: Said[] = [];
  const say = (type: Said["type"], reason: string, message: string) => void events.push({ type, reason, message });
  const wish = wishOf(claim);

  let addresses: readonly string[] = held;
  const strange = held.length > 1 ? familyProblem(held) : undefined;
  if (strange !== undefined) {
    say("Warning", "nolbIPsIPFamily", `Failed to retrieve LBIPs IPFamily for ${quoted(held)}: ${strange}`);
    addresses = [];
  }
  if (addresses.length > 0) {
    const problem = assignProblem(claim, addresses, pools, given);
    if (problem !== undefined) {
      const text = `current IP for "${key}" not allowed by config, will attempt for new IP assignment: ${problem}`;
      say("Normal", "ClearAssignment", text);
      addresses = [];
    }
  }
  if (held.length > 0 && "problem" in wish) {
    say("Warning", "LoadBalancerFailed", `invalid requested loadbalancer IPs: ${wish.problem}`);
    return decided(claim, addresses, pools, events);
  }
  if ("addresses" in wish && wish.addresses.length > 0 && !same(wish.addresses, addresses)) addresses = [];
  if (claim.pool !== undefined && poolOf(addresses, pools)?.name !== claim.pool) addresses = [];

  if (addresses.length === 0) {
    const found = "problem" in wish ? wish : find(claim, wish.addresses, pools, given);
    if ("problem" in found) say("Warning", "AllocationFailed", `Failed to allocate IP for "${key}": ${found.problem}`);
    else {
      addresses = found.addresses;
      say("Normal", "IPAllocated", `Assigned IP ${quoted(addresses)}`);
    }
  }
  return decided(claim, addresses, pools, events);
}

/** Of old annotations it is said when something is written, and only then. */
function decided(claim: AddressClaim, addresses: readonly string[], pools: readonly Pool[], events: Said[]): Decision {
  const pool = poolOf(addresses, pools)?.name;
  if (!same(addresses, claim.held) || pool !== claim.heldFrom) {
    for (const annotation of claim.deprecated ?? []) {
      const message = `Service uses deprecated annotation ${annotation}`;
      events.push({ type: "Warning", reason: "deprecatedAnnotation", message });
    }
  }
  return { key: claim.key, addresses, pool, events };
}

type Found = { addresses: readonly string[] } | { problem: string };

/** The addresses asked for; none: any. */
function wishOf({ asked, askedInSpec }: AddressClaim): Found {
  if (both({ asked, askedInSpec }))
    return { problem: "service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP" };
  if (asked !== undefined) {
    const addresses = asked.split(",").map((address) => address.trim());
    if (addresses.some((address) => isIP(address) === 0))
      return { problem: `invalid metallb.io/loadBalancerIPs: "${asked}"` };
    const problem = addresses.length > 1 ? familyProblem(addresses) : undefined;
    return problem === undefined ? { addresses } : { problem };
  }
  if (askedInSpec === undefined) return { addresses: [] };
  return isIP(askedInSpec) === 0
    ? { problem: `invalid spec.loadBalancerIP "${askedInSpec}"` }
    : { addresses: [askedInSpec] };
}

const both = ({ asked, askedInSpec }: Pick<AddressClaim, "asked" | "askedInSpec">) =>
  asked !== undefined && askedInSpec !== undefined;

/** Several addresses are one of each family. (metallb: internal/ipfamily/ipfamily.go, ForAddresses) */
function familyProblem(addresses: readonly string[]): string | undefined {
  if (addresses.length > 2) return `IPFamilyForAddresses: invalid ips length ${addresses.length} ${quoted(addresses)}`;
  const [one = "", other = ""] = addresses;
  return isIPv6(one) === isIPv6(other) ? `IPFamilyForAddresses: same address family ${quoted(addresses)}` : undefined;
}

function find(claim: AddressClaim, wish: readonly string[], pools: readonly Pool[], given: Given): Found {
  if (wish.length > 0) {
    // The rehearsal's Services are of IPv4.
    if (wish.some(isIPv6))
      return { problem: `requested loadBalancer IP(s) ${quoted(wish)} does not match the ipFamily of the service` };
    const problem = assignProblem(claim, wish, pools, given);
    if (problem !== undefined) return { problem };
    return claim.pool !== undefined && poolOf(wish, pools)?.name !== claim.pool
      ? {
          problem: `requested loadBalancer IP(s) ${quoted(wish)} is not compatible with requested address pool ${claim.pool}`,
        }
      : { addresses: wish };
  }
  const free = (pool: Pool) => {
    for (const address of addressesIn(pool)) {
      if (sharingProblem(claim, address, given) === undefined) return address;
    }
    return undefined;
  };
  if (claim.pool !== undefined) {
    const pool = pools.find(({ name }) => name === claim.pool);
    if (pool === undefined) return { problem: `unknown pool "${claim.pool}"` };
    const address = free(pool);
    if (address === undefined) return { problem: `no available IPs in pool ${pool.name}` };
    const problem = assignProblem(claim, [address], pools, given);
    return problem === undefined ? { addresses: [address] } : { problem };
  }
  for (const pool of automatic(claim, pools)) {
    const address = free(pool);
    if (address !== undefined) return { addresses: [address] };
  }
  return { problem: "no available IPs" };
}

/** The pools that give unasked: first those for the Service's namespace, the lowest priority first and none (0) last; then those for all. */
function automatic(claim: AddressClaim, pools: readonly Pool[]): Pool[] {
  const willing = pools.filter(({ autoAssign }) => autoAssign);
  const rank = ({ serves }: Pool) => serves?.priority || Number.MAX_SAFE_INTEGER;
  const pinned = willing.filter(({ serves }) => serves?.namespaces.includes(claim.namespace));
  return [...pinned.sort((a, b) => rank(a) - rank(b)), ...willing.filter(({ serves }) => serves === undefined)];
}

function assignProblem(
  claim: AddressClaim,
  addresses: readonly string[],
  pools: readonly Pool[],
  given: Given,
): string | undefined {
  const pool = poolOf(addresses, pools);
  if (pool === undefined) return `${quoted(addresses)} is not allowed in config`;
  if (pool.serves !== undefined && !pool.serves.namespaces.includes(claim.namespace))
    return `pool ${pool.name} not compatible for ip assignment`;
  for (const address of addresses) {
    const problem = sharingProblem(claim, address, given);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function sharingProblem(claim: AddressClaim, address: string, given: Given): string | undefined {
  const others = given.get(address) ?? [];
  const last = others.at(-1);
  if (last === undefined) return undefined;
  const mayShare =
    claim.sharingKey !== undefined && claim.sharingKey === last.sharingKey && claim.backend === last.backend;
  if (!mayShare)
    return `can't change sharing key for "${claim.key}", address also in use by ${others.map(({ key }) => key).join(",")}`;
  const port = claim.ports.find((used) => others.some(({ ports }) => ports.includes(used)));
  return port === undefined ? undefined : `port ${port} is already in use on "${address}"`;
}

function poolOf(addresses: readonly string[], pools: readonly Pool[]): Pool | undefined {
  if (addresses.length === 0) return undefined;
  return pools.find((pool) => addresses.every((address) => contains(pool, address)));
}

/** A list as Go prints it by %q. */
const quoted = (addresses: readonly string[]) => `[${addresses.map((address) => `"${address}"`).join(" ")}]`;

const same = (a: readonly string[], b: readonly string[]) => [...a].sort().join() === [...b].sort().join();

function split<T>(all: readonly T[], first: (one: T) => boolean): [T[], T[]] {
  return [all.filter(first), all.filter((one) => !first(one))];
}
