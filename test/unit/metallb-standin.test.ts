import { V1Service } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { allocate, type AddressClaim, type Decision } from "../../automation/rehearsal/cluster/metallb/allocate.ts";
import { addressClaim } from "../../automation/rehearsal/cluster/metallb/claim.ts";
import {
  addressesIn,
  configurationOf,
  sizeOf,
  type IpAddressPool,
  type Pool,
} from "../../automation/rehearsal/cluster/metallb/configuration.ts";

// Each expectation is what MetalLB 0.16.2's own controller was seen to do, or what its source says where marked (source).

const object = (name: string, spec: IpAddressPool["spec"]) => ({ metadata: { name }, spec });
const pool = (addresses: string[], rest: IpAddressPool["spec"] = {}, name = "lab") =>
  object(name, { addresses, ...rest });

function inForce(...objects: IpAddressPool[]): Pool[] {
  const found = configurationOf(objects);
  if ("problem" in found) throw new Error(found.problem);
  return found.pools;
}

const LAB = inForce(pool(["192.0.2.0/24"]));

function claim(key: string, rest: Partial<AddressClaim> = {}): AddressClaim {
  return { key, namespace: key.split("/")[0] ?? "", held: [], backend: "", ports: ["TCP/80"], ...rest };
}

/** One Service's decision as one text: addresses, then what is said. */
function told(decisions: readonly Decision[], key: string): { addresses: readonly string[]; said: string[] } {
  const found = decisions.find((decision) => decision.key === key);
  if (!found) throw new Error(`nothing was decided about ${key}`);
  return {
    addresses: found.addresses,
    said: found.events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
  };
}

const one = (wanted: Partial<AddressClaim>, pools: readonly Pool[] = LAB, others: readonly AddressClaim[] = []) =>
  told(allocate([...others, claim("default/web", wanted)], pools), "default/web");

describe("a configuration of pools", () => {
  it.each<[string, IpAddressPool[], RegExp]>([
    ["a bare address", [pool(["192.0.2.20"])], /invalid CIDR "192\.0\.2\.20" in pool "lab"/],
    [
      "entries that overlap",
      [pool(["192.0.2.0/24", "192.0.2.20/32"])],
      /CIDR "192\.0\.2\.20\/32" in pool "lab" overlaps with already defined CIDR "192\.0\.2\.0\/24"/,
    ],
    ["pools that overlap", [pool(["192.0.2.0/24"]), pool(["192.0.2.9-192.0.2.11"], {}, "b")], /in pool "b" overlaps/],
    ["what is no address (source)", [pool(["lab"])], /invalid CIDR "lab"/],
    ["a range that runs backwards (source)", [pool(["192.0.2.9-192.0.2.1"])], /after the end IP/],
    ["none at all (source)", [pool([])], /no prefixes/],
  ])("with %s is refused whole, the good pools beside it too", (_, bad, problem) => {
    expect(configurationOf([pool(["203.0.113.0/24"], {}, "a"), ...bad])).toEqual({
      problem: expect.stringMatching(problem) as string,
    });
  });
});

describe("an address that is asked for", () => {
  it("is given when it is in a pool and free, under either prefix and whatever the Service had", () => {
    expect(one({ asked: "192.0.2.40" })).toEqual({
      addresses: ["192.0.2.40"],
      said: [`Normal IPAllocated: Assigned IP ["192.0.2.40"]`],
    });
    expect(one({ asked: "192.0.2.45", held: ["192.0.2.40"], heldFrom: "lab" }).addresses).toEqual(["192.0.2.45"]);
    expect(one({ asked: "192.0.2.40", held: ["192.0.2.40"], heldFrom: "lab" })).toEqual({
      addresses: ["192.0.2.40"],
      said: [],
    });
  });

  it("in no pool costs the Service the one it has", () => {
    expect(one({ asked: "10.9.9.8", held: ["192.0.2.20"], heldFrom: "lab" })).toEqual({
      addresses: [],
      said: [
        `Warning AllocationFailed: Failed to allocate IP for "default/web": ["10.9.9.8"] is not allowed in config`,
      ],
    });
  });

  it.each<[string, Partial<AddressClaim>]>([
    ["asked for", { asked: "192.0.2.50" }],
    ["given unasked", {}],
  ])("and that another Service holds, %s, is refused and stays there", (_, wish) => {
    const holder = claim("default/foreign", { ...wish, held: ["192.0.2.50"], heldFrom: "lab" });
    const decisions = allocate([claim("default/web", { asked: "192.0.2.50" }), holder], LAB);
    expect(told(decisions, "default/web")).toEqual({
      addresses: [],
      said: [
        `Warning AllocationFailed: Failed to allocate IP for "default/web": can't change sharing key for "default/web", address also in use by default/foreign`,
      ],
    });
    expect(told(decisions, "default/foreign").addresses).toEqual(["192.0.2.50"]);
  });

  it("is refused to an older Service that moves there", () => {
    const older = claim("default/web", { asked: "192.0.2.2", held: ["192.0.2.1"], heldFrom: "lab" });
    const holder = claim("default/foreign", { held: ["192.0.2.2"], heldFrom: "lab" });
    expect(told(allocate([older, holder], LAB), "default/foreign").addresses).toEqual(["192.0.2.2"]);
  });

  it("and the other way round: two that swap theirs have them in the end", () => {
    const a = claim("n/a", { asked: "192.0.2.2", held: ["192.0.2.1"] });
    const b = claim("n/b", { asked: "192.0.2.1", held: ["192.0.2.2"] });
    expect(allocate([a, b], LAB).map(({ addresses }) => addresses)).toEqual([["192.0.2.2"], ["192.0.2.1"]]);
  });

  it("beside spec.loadBalancerIP leaves the Service with what it has, and one without address without", () => {
    const problem = "service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP";
    const wish = { asked: "192.0.2.21", askedInSpec: "192.0.2.20" };
    expect(one({ ...wish, held: ["192.0.2.20"], heldFrom: "lab" })).toEqual({
      addresses: ["192.0.2.20"],
      said: [`Warning LoadBalancerFailed: invalid requested loadbalancer IPs: ${problem}`],
    });
    expect(one(wish)).toEqual({
      addresses: [],
      said: [`Warning AllocationFailed: Failed to allocate IP for "default/web": ${problem}`],
    });
  });

  it.each<[string, string, string]>([
    ["no address", "192.0.2.500", `invalid metallb.io/loadBalancerIPs: "192.0.2.500"`],
    ["two of one family", "192.0.2.1,192.0.2.2", `IPFamilyForAddresses: same address family ["192.0.2.1" "192.0.2.2"]`],
  ])("and is %s is refused", (_, asked, problem) => {
    expect(one({ asked }).said).toEqual([
      `Warning AllocationFailed: Failed to allocate IP for "default/web": ${problem}`,
    ]);
  });

  it("is not given by a pool for other namespaces, and is by one for this", () => {
    const own = inForce(pool(["192.0.2.0/24"], { serviceAllocation: { namespaces: ["other"] } }));
    expect(one({ asked: "192.0.2.40" }, own).said).toEqual([
      `Warning AllocationFailed: Failed to allocate IP for "default/web": pool lab not compatible for ip assignment`,
    ]);
    expect(told(allocate([claim("other/web", { asked: "192.0.2.40" })], own), "other/web").addresses).toHaveLength(1);
  });
});

describe("sharing an address", () => {
  const holder = claim("default/foreign", { held: ["192.0.2.50"], heldFrom: "lab", sharingKey: "k" });

  it("takes the same key and another port", () => {
    expect(one({ asked: "192.0.2.50", sharingKey: "k", ports: ["TCP/443"] }, LAB, [holder]).addresses).toHaveLength(1);
    expect(one({ asked: "192.0.2.50", sharingKey: "k" }, LAB, [holder]).said[0]).toContain(
      `port TCP/80 is already in use on "192.0.2.50"`,
    );
    expect(one({ asked: "192.0.2.50", sharingKey: "other", ports: ["TCP/443"] }, LAB, [holder]).said[0]).toContain(
      "can't change sharing key",
    );
  });

  it("is not for Services that keep traffic on their node and have other pods (source)", () => {
    const local = { asked: "192.0.2.50", sharingKey: "k", ports: ["TCP/443"], backend: "app=web" };
    expect(one(local, LAB, [holder]).addresses).toEqual([]);
  });

  it("gives one with a key a shared one unasked (source)", () => {
    const few = inForce(pool(["192.0.2.50/32"]));
    expect(one({ sharingKey: "k", ports: ["TCP/443"] }, few, [holder]).addresses).toEqual(["192.0.2.50"]);
  });
});

describe("an address unasked", () => {
  const keys = (count: number) => Array.from({ length: count }, (_, index) => claim(`n/${index}`));

  it("is the next free one, entry by entry, until there is none", () => {
    const small = inForce(pool(["198.51.100.0/31", "192.0.2.10-192.0.2.11"]));
    const given = allocate(keys(5), small);
    expect(given.flatMap(({ addresses }) => addresses)).toEqual([
      "198.51.100.0",
      "198.51.100.1",
      "192.0.2.10",
      "192.0.2.11",
    ]);
    expect(told(given, "n/4").said).toEqual([
      `Warning AllocationFailed: Failed to allocate IP for "n/4": no available IPs`,
    ]);
  });

  it("leaves .0 and .255 out only where the pool says so", () => {
    const first = (avoidBuggyIPs: boolean) =>
      allocate(keys(1), inForce(pool(["198.51.100.0/24"], { avoidBuggyIPs })))[0]?.addresses;
    expect(first(false)).toEqual(["198.51.100.0"]);
    expect(first(true)).toEqual(["198.51.100.1"]);
  });

  it("comes from no pool that must be asked, which lets a Service keep what it holds", () => {
    const asking = inForce(pool(["192.0.2.0/24"], { autoAssign: false }));
    expect(one({}, asking).said[0]).toContain("no available IPs");
    expect(one({ held: ["192.0.2.40"], heldFrom: "lab" }, asking)).toEqual({ addresses: ["192.0.2.40"], said: [] });
  });

  it("comes from the pool that the Service names", () => {
    const two = inForce(pool(["192.0.2.0/24"]), pool(["203.0.113.0/24"], {}, "edge"));
    expect(one({ pool: "edge" }, two).addresses).toEqual(["203.0.113.0"]);
    expect(one({ pool: "edge", held: ["192.0.2.1"] }, two).addresses).toEqual(["203.0.113.0"]);
    expect(one({ pool: "gone" }, two).said[0]).toContain(`unknown pool "gone"`);
  });

  it("comes from the pools for the Service's namespace first, the lowest priority first", () => {
    const serving = (namespaces: string[], priority: number) => ({ serviceAllocation: { namespaces, priority } });
    const pools = inForce(
      pool(["192.0.2.0/24"]),
      pool(["198.51.100.0/24"], serving(["default"], 0), "b"),
      pool(["203.0.113.0/24"], serving(["default"], 5), "c"),
    );
    expect(one({}, pools).addresses).toEqual(["203.0.113.0"]);
  });
});

describe("what a Service holds", () => {
  it("is taken away without a word when there is no pool", () => {
    expect(one({ held: ["192.0.2.40"], heldFrom: "lab", asked: "192.0.2.40" }, [])).toEqual({
      addresses: [],
      said: [],
    });
  });

  it("and has from somebody else gives way: nodes' addresses, as K3s' ServiceLB writes them", () => {
    expect(one({ held: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], asked: "192.0.2.40" })).toEqual({
      addresses: ["192.0.2.40"],
      said: [
        expect.stringMatching(/^Warning nolbIPsIPFamily: .*invalid ips length 3/) as string,
        `Normal IPAllocated: Assigned IP ["192.0.2.40"]`,
      ],
    });
  });

  it("is told to be asked for by an old annotation, whenever something is written, and only then", () => {
    const old = { deprecated: ["metallb.universe.tf/loadBalancerIPs"], asked: "192.0.2.40" };
    expect(one(old).said.at(-1)).toBe(
      "Warning deprecatedAnnotation: Service uses deprecated annotation metallb.universe.tf/loadBalancerIPs",
    );
    expect(one({ ...old, held: ["192.0.2.40"], heldFrom: "lab" }).said).toEqual([]);
  });
});

it("leaves out who is to have none", () => {
  const decisions = allocate([claim("n/a", { refused: true }), claim("n/b")], LAB);
  expect(decisions.map(({ addresses, events }) => [addresses.length, events.length])).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

describe("what a Service asks for", () => {
  const service = (annotations: Record<string, string>, spec = {}, metadata = {}) =>
    Object.assign(new V1Service(), {
      metadata: { name: "s", namespace: "n", annotations, ...metadata },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }, { port: 53, protocol: "UDP" }], ...spec },
    });
  const OLD = "metallb.universe.tf/loadBalancerIPs";

  it.each<[string, Record<string, string>, Partial<AddressClaim>]>([
    ["nothing", {}, { asked: undefined, deprecated: [] }],
    ["the new annotation", { "metallb.io/loadBalancerIPs": "192.0.2.1" }, { asked: "192.0.2.1" }],
    ["the old annotation", { [OLD]: "192.0.2.1" }, { asked: "192.0.2.1", deprecated: [OLD] }],
    ["both", { "metallb.io/loadBalancerIPs": "192.0.2.2", [OLD]: "192.0.2.1" }, { asked: "192.0.2.2" }],
    ["a pool", { "metallb.io/address-pool": "edge" }, { pool: "edge" }],
    ["a sharing key", { "metallb.io/allow-shared-ip": "k" }, { sharingKey: "k" }],
    ["no address", { "rehearsal.vision-platform/no-address": "true" }, { refused: true }],
  ])("by %s", (_by, annotations, expected) => {
    expect(addressClaim(service(annotations))).toMatchObject({ key: "n/s", ports: ["TCP/80", "UDP/53"], ...expected });
  });

  it("is nothing when it is of another type or class, or being deleted", () => {
    expect(addressClaim(service({}, { type: "ClusterIP" }))).toBeUndefined();
    expect(addressClaim(service({}, { loadBalancerClass: "example.com/other" }))).toBeUndefined();
    expect(addressClaim(service({}, {}, { deletionTimestamp: new Date(0) }))).toBeUndefined();
  });
});

it.each([
  ["a CIDR", ["192.0.2.0/24"]],
  ["a range across two networks", ["192.0.2.250-192.0.3.9"]],
  ["single addresses, one of them of those that confuse", ["192.0.2.0/32", "192.0.2.7/32"]],
])("a pool says how many addresses it has to give: %s", (_, addresses) => {
  for (const avoidBuggyIPs of [false, true]) {
    const [found] = inForce(pool(addresses, { avoidBuggyIPs }));
    expect(found && sizeOf(found)).toBe(found && [...addressesIn(found)].length);
  }
});
