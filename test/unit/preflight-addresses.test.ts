import { describe, expect, it } from "vitest";
import type { Plan } from "../../components/lab/plan.ts";
import { metalLbAnnotations } from "../../components/kubernetes/metallb.ts";
import { addressesCanBeGiven } from "../../components/preflight/addresses/given.ts";
import { metalLbTookItsConfiguration } from "../../components/preflight/addresses/pools-taken.ts";
import { serviceLbIsAlone } from "../../components/preflight/addresses/service-lb.ts";
import type { ClusterFacts, LiveAddressPool, LiveService } from "../../components/preflight/facts.ts";

const TRAEFIK = "vision-platform:traefik.address";
const WEB = "vision-platform:clearml.addresses.web";

function lab(traefik: string | undefined, web?: string): Plan {
  const said = {
    traefik: { address: traefik, namespace: "kube-system", service: "traefik" },
    clearml: { enabled: true, namespace: "clearml", port: 80, addresses: { web } },
  };
  return { lab: said } as Plan;
}

interface Wanted {
  has?: string[];
  annotations?: Record<string, string>;
  spec?: LiveService["spec"];
}

function service(key: string, { has = [], annotations = {}, spec = {} }: Wanted = {}): LiveService {
  const [namespace = "", name = ""] = key.split("/");
  const metadata = { namespace, name, annotations };
  const ingress = has.map((ip) => ({ ip }));
  return Object.assign(
    {},
    { metadata, spec: { type: "LoadBalancer", ...spec }, status: { loadBalancer: { ingress } } },
  );
}

function pool(addresses: string[], rest: LiveAddressPool["spec"] = {}, name = "lab"): LiveAddressPool {
  const metadata = { name };
  return Object.assign({}, { metadata, spec: { addresses, ...rest } });
}

/** A lab that is as it should be: Traefik has 192.0.2.20, the pool has that and more. */
function cluster(changes: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    uid: "u",
    kubernetes: undefined,
    namespaces: [],
    nodes: [],
    services: [service("kube-system/traefik", { has: ["192.0.2.20"], annotations: metalLbAnnotations("192.0.2.20") })],
    claims: [],
    ingressClasses: [],
    storageClasses: [],
    addressPools: [pool(["192.0.2.0/24", "198.51.100.1-198.51.100.9"])],
    configurationStates: [],
    serviceLb: [],
    tlsSecrets: [],
    gateways: undefined,
    gatewayClasses: undefined,
    serviceSecrets: [],
    pods: [],
    unknownKinds: [],
    ...changes,
  };
}
const invalid = (part: string) =>
  Object.assign(
    {},
    {
      metadata: { name: part, labels: { "metallb.io/component-type": part } },
      status: { result: "Invalid", errorSummary: 'invalid CIDR "192.0.2.60" in pool "second"' },
    },
  );
const nodes = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
const svclb = Object.assign({}, { metadata: { name: "svclb-traefik-1a2b3c4d", namespace: "kube-system" } });
const WITHOUT_METALLB = { addressPools: [], unknownKinds: ["addressPools", "configurationStates"] };

describe("an address that cannot be given is refused with its key", () => {
  it.each<[string, ClusterFacts, Plan, string, RegExp]>([
    [
      "it is in no pool",
      cluster(),
      lab("10.9.9.8"),
      TRAEFIK,
      /10\.9\.9\.8 is in no pool of MetalLB: lab has 192\.0\.2\.0\/24, 198\.51\.100\.1-198\.51\.100\.9\. Set/,
    ],
    ["ClearML's is in no pool", cluster(), lab("192.0.2.20", "198.51.100.10"), WEB, /is in no pool of MetalLB/],
    [
      "another Service was given it",
      cluster({ services: [service("kube-system/traefik"), service("default/foreign", { has: ["192.0.2.50"] })] }),
      lab("192.0.2.50"),
      TRAEFIK,
      /192\.0\.2\.50 is the address of Service default\/foreign/,
    ],
    [
      "Traefik has it, unasked",
      cluster({ services: [service("kube-system/traefik", { has: ["192.0.2.40"] })] }),
      lab(undefined, "192.0.2.40"),
      WEB,
      /is the address of Service kube-system\/traefik/,
    ],
    [
      "a Service with another sharing key has it",
      cluster({
        services: [
          service("kube-system/traefik"),
          service("clearml/clearml-webserver", { annotations: { "metallb.io/allow-shared-ip": "ours" } }),
          service("default/foreign", { has: ["192.0.2.50"], annotations: { "metallb.io/allow-shared-ip": "k" } }),
        ],
      }),
      lab(undefined, "192.0.2.50"),
      WEB,
      /default\/foreign/,
    ],
    [
      "the Service says spec.loadBalancerIP besides",
      cluster({
        services: [service("kube-system/traefik", { has: ["192.0.2.20"], spec: { loadBalancerIP: "192.0.2.20" } })],
      }),
      lab("192.0.2.21"),
      TRAEFIK,
      /has spec\.loadBalancerIP 192\.0\.2\.20 besides, .*it has 192\.0\.2\.20\. Take it out: kubectl patch service -n kube-system traefik/,
    ],
    [
      "one of ours does, and nothing will change there",
      cluster({
        services: [
          service("clearml/clearml-webserver", {
            annotations: metalLbAnnotations("192.0.2.40"),
            spec: { loadBalancerIP: "192.0.2.41" },
          }),
        ],
      }),
      lab(undefined, "192.0.2.40"),
      WEB,
      /spec\.loadBalancerIP/,
    ],
    ["MetalLB has no pool", cluster({ addressPools: [] }), lab("192.0.2.21"), TRAEFIK, /MetalLB has no pool/],
    [
      "the pool has it without a length",
      cluster({ addressPools: [pool(["203.0.113.0/24"]), pool(["192.0.2.60"], {}, "second")] }),
      lab("192.0.2.60"),
      TRAEFIK,
      /second must have it as 192\.0\.2\.60\/32/,
    ],
    [
      "MetalLB did not take the pools",
      cluster({ configurationStates: [invalid("controller")] }),
      lab("192.0.2.21"),
      TRAEFIK,
      /did not take its pools as they are now, .*invalid CIDR "192\.0\.2\.60"/,
    ],
    [
      "the pool is for other namespaces",
      cluster({ addressPools: [pool(["192.0.2.0/24"], { serviceAllocation: { namespaces: ["apps"] } })] }),
      lab("192.0.2.21"),
      TRAEFIK,
      /pool for other namespaces: lab has .*, for apps\. .*add kube-system/,
    ],
    [
      "the pool leaves it out",
      cluster({ addressPools: [pool(["192.0.2.0/24"], { avoidBuggyIPs: true })] }),
      lab("192.0.2.255"),
      TRAEFIK,
      /is in no pool/,
    ],
    [
      "K3s' ServiceLB alone gives addresses",
      cluster({ ...WITHOUT_METALLB, serviceLb: [svclb], services: [service("kube-system/traefik", { has: nodes })] }),
      lab(undefined, "192.0.2.40"),
      WEB,
      /ServiceLB gives the addresses of the nodes .*--disable servicelb/,
    ],
    [
      "Traefik's Service is not there",
      cluster({ services: [] }),
      lab("192.0.2.20"),
      TRAEFIK,
      /no Service kube-system\/traefik/,
    ],
    [
      "it is of another type",
      cluster({ services: [service("kube-system/traefik", { spec: { type: "NodePort" } })] }),
      lab("192.0.2.20"),
      TRAEFIK,
      /is of type NodePort/,
    ],
  ])("when %s", (_, facts, stack, path, message) => {
    expect(addressesCanBeGiven(facts, stack)).toEqual([
      { severity: "refusal", path, message: expect.stringMatching(message) as string },
    ]);
  });

  it("each of several, in one go", () => {
    const found = addressesCanBeGiven(cluster(), lab("10.9.9.8", "10.9.9.9"));
    expect(found.map(({ path }) => path)).toEqual([TRAEFIK, WEB]);
  });
});

describe("nothing is said", () => {
  it.each<[string, ClusterFacts, Plan]>([
    ["of a lab that is as it should be", cluster(), lab("192.0.2.20", "192.0.2.40")],
    ["of one that asks for nothing", cluster({ addressPools: [], services: [] }), lab(undefined)],
    ["of a free address that Traefik moves to", cluster(), lab("198.51.100.9")],
    [
      "where there is no MetalLB: another load balancer gives addresses",
      cluster({ ...WITHOUT_METALLB, services: [service("kube-system/traefik", { has: ["192.0.2.9"] })] }),
      lab("192.0.2.20", "192.0.2.40"),
    ],
    [
      "where Traefik has the address, whoever gave it: the one node's, by ServiceLB",
      cluster({ ...WITHOUT_METALLB, serviceLb: [svclb], services: [service("kube-system/traefik", { has: nodes })] }),
      lab("10.0.0.1"),
    ],
    [
      "where Traefik has the address by spec.loadBalancerIP",
      cluster({
        addressPools: [],
        services: [service("kube-system/traefik", { has: ["192.0.2.20"], spec: { loadBalancerIP: "192.0.2.20" } })],
      }),
      lab("192.0.2.20"),
    ],
    [
      "of a Service of another load balancer's class",
      cluster({ services: [service("kube-system/traefik", { spec: { loadBalancerClass: "kube-vip.io/class" } })] }),
      lab("10.9.9.8"),
    ],
    ["where pools may not be read", cluster({ addressPools: undefined }), lab("10.9.9.8")],
    ["where Services may not be read", cluster({ services: undefined }), lab("10.9.9.8")],
    [
      "of two that swap their addresses",
      cluster({
        services: [
          service("kube-system/traefik", { has: ["192.0.2.40"], annotations: metalLbAnnotations("192.0.2.40") }),
          service("clearml/clearml-webserver", { has: ["192.0.2.20"], annotations: metalLbAnnotations("192.0.2.20") }),
        ],
      }),
      lab("192.0.2.20", "192.0.2.40"),
    ],
    [
      "of an address that MetalLB lets them share",
      cluster({
        services: [
          service("clearml/clearml-webserver", { annotations: { "metallb.io/allow-shared-ip": "k" } }),
          service("default/foreign", { has: ["192.0.2.50"], annotations: { "metallb.io/allow-shared-ip": "k" } }),
        ],
      }),
      lab(undefined, "192.0.2.50"),
    ],
    [
      "of spec.loadBalancerIP on one of ours that is about to change",
      cluster({ services: [service("clearml/clearml-webserver", { spec: { loadBalancerIP: "192.0.2.41" } })] }),
      lab(undefined, "192.0.2.40"),
    ],
    [
      "of a pool whose Services are chosen by selectors",
      cluster({
        addressPools: [pool(["192.0.2.0/24"], { serviceAllocation: { namespaces: ["a"], serviceSelectors: [{}] } })],
      }),
      lab("192.0.2.21"),
    ],
    [
      "of a pool with IPv6 beside",
      cluster({ addressPools: [pool(["2001:db8::/64", "192.0.2.0/24"])] }),
      lab("192.0.2.21"),
    ],
  ])("%s", (_, facts, stack) => {
    expect(addressesCanBeGiven(facts, stack)).toEqual([]);
  });
});

it("an address that was lost is told, though nothing in the stack changes", () => {
  const asked = metalLbAnnotations("192.0.2.20");
  const found = addressesCanBeGiven(
    cluster({ services: [service("kube-system/traefik", { annotations: asked })] }),
    lab("192.0.2.20"),
  );
  expect(found).toEqual([
    {
      severity: "warning",
      path: TRAEFIK,
      message: expect.stringContaining("kube-system/traefik has no address, asked for 192.0.2.20") as string,
    },
  ]);
});

describe("K3s' ServiceLB", () => {
  it("beside MetalLB is told, with the way to switch it off", () => {
    const [found, ...more] = serviceLbIsAlone(cluster({ serviceLb: [svclb] }), lab("192.0.2.20"));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ severity: "warning", path: TRAEFIK });
    expect(found?.message).toMatch(/svclb-traefik-1a2b3c4d.*--disable servicelb/);
  });

  it("alone is told to have one Service for each port of a node", () => {
    const facts = cluster({ ...WITHOUT_METALLB, serviceLb: [svclb] });
    expect(serviceLbIsAlone(facts, lab(undefined))[0]?.message).toContain("ClearML's three share port 80");
    const off = { lab: { ...lab(undefined).lab, clearml: { enabled: false } } } as Plan;
    expect(serviceLbIsAlone(facts, off)).toEqual([]);
  });

  it("that is off is not", () => expect(serviceLbIsAlone(cluster(), lab("192.0.2.20"))).toEqual([]));
});

it("a configuration that MetalLB did not take is told, though every address is there", () => {
  const found = metalLbTookItsConfiguration(
    cluster({ configurationStates: [invalid("controller")] }),
    lab("192.0.2.20"),
  );
  expect(found).toEqual([
    { severity: "warning", path: TRAEFIK, message: expect.stringContaining('invalid CIDR "192.0.2.60"') as string },
  ]);
  expect(metalLbTookItsConfiguration(cluster(), lab("192.0.2.20"))).toEqual([]);
});
