import { V1Ingress, V1Service } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { allocate, type AddressClaim } from "../../automation/rehearsal/cluster/addresses.ts";
import { clusterConfig } from "../../automation/rehearsal/cluster/config.ts";
import { labObjects } from "../../automation/rehearsal/cluster/lab.ts";
import { addressClaim, servedByTraefik } from "../../automation/rehearsal/cluster/services.ts";

const POOL = ["198.51.100.0/30", "192.0.2.10-192.0.2.11", "203.0.113.7"];

function claim(key: string, rest: Partial<AddressClaim> = {}): AddressClaim {
  return { key, held: [], asked: [], ports: ["TCP/80"], ...rest };
}

describe("allocating addresses", () => {
  it("gives every Service the next free one of the pool, entry by entry, until there is none", () => {
    const decisions = allocate(
      ["a", "b", "c", "d", "e", "f", "g"].map((key) => claim(key)),
      POOL,
    );
    expect(decisions).toEqual([
      { key: "a", addresses: ["198.51.100.1"] },
      { key: "b", addresses: ["198.51.100.2"] },
      { key: "c", addresses: ["198.51.100.3"] },
      { key: "d", addresses: ["192.0.2.10"] },
      { key: "e", addresses: ["192.0.2.11"] },
      { key: "f", addresses: ["203.0.113.7"] },
      { key: "g", problem: "no available IPs" },
    ]);
  });

  it("lets a holder keep its address against an older Service that asks for it", () => {
    const holder = claim("holder", { held: ["198.51.100.1"] });
    const asking = claim("asking", { asked: ["198.51.100.1"] });
    expect(allocate([asking, holder], POOL)).toEqual([
      { key: "asking", problem: `can't change sharing key for "asking", address also in use by holder` },
      { key: "holder", addresses: ["198.51.100.1"] },
    ]);
  });

  it("moves a Service whose wish changed and frees what it had", () => {
    const moving = claim("moving", { held: ["198.51.100.1"], asked: ["198.51.100.2"] });
    expect(allocate([moving, claim("new", { asked: ["198.51.100.1"] })], POOL)).toEqual([
      { key: "moving", addresses: ["198.51.100.2"] },
      { key: "new", addresses: ["198.51.100.1"] },
    ]);
  });

  it.each<[string, Partial<AddressClaim>, string]>([
    ["outside the pool", { asked: ["192.0.2.12"] }, `["192.0.2.12"] is not allowed in config`],
    ["no address", { asked: ["lab"] }, "invalid requested loadbalancer IPs: lab is not an IPv4 address"],
    ["asked for twice over", { asked: ["192.0.2.10"], askedInSpec: "192.0.2.11" }, "service can not have both"],
  ])("refuses what is %s", (_what, wish, problem) => {
    expect(allocate([claim("a", wish)], POOL)).toEqual([
      { key: "a", problem: expect.stringContaining(problem) as string },
    ]);
  });

  it("shares an address between Services of one key with different ports only", () => {
    const shared = (key: string, port: string, sharingKey = "k") =>
      claim(key, { asked: ["192.0.2.10"], sharingKey, ports: [port] });
    const decisions = allocate(
      [shared("a", "TCP/80"), shared("b", "TCP/443"), shared("c", "TCP/80"), shared("d", "TCP/81", "other")],
      POOL,
    );
    expect(decisions.map((decision) => "addresses" in decision)).toEqual([true, true, false, false]);
  });

  it("leaves out who is to have none", () => {
    expect(allocate([claim("a", { refused: true }), claim("b")], POOL)).toEqual([
      { key: "a", ignored: true },
      { key: "b", addresses: ["198.51.100.1"] },
    ]);
  });
});

describe("what a Service asks for", () => {
  const service = (annotations: Record<string, string>, spec = {}, metadata = {}) =>
    Object.assign(new V1Service(), {
      metadata: { name: "s", namespace: "n", annotations, ...metadata },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }, { port: 53, protocol: "UDP" }], ...spec },
    });

  it.each<[string, Record<string, string>, Partial<AddressClaim>]>([
    ["nothing", {}, { asked: [] }],
    [
      "the new annotation",
      { "metallb.io/loadBalancerIPs": "192.0.2.1, 192.0.2.2" },
      { asked: ["192.0.2.1", "192.0.2.2"] },
    ],
    ["the old annotation", { "metallb.universe.tf/loadBalancerIPs": "192.0.2.1" }, { asked: ["192.0.2.1"] }],
    ["a sharing key", { "metallb.io/allow-shared-ip": "k" }, { sharingKey: "k" }],
    ["no address", { "rehearsal.vision-platform/no-address": "true" }, { refused: true }],
  ])("by %s", (_by, annotations, expected) => {
    expect(addressClaim(service(annotations))).toMatchObject({ key: "n/s", ports: ["TCP/80", "UDP/53"], ...expected });
  });

  it("is nothing when it is of another type, or being deleted", () => {
    expect(addressClaim(service({}, { type: "ClusterIP" }))).toBeUndefined();
    expect(addressClaim(service({}, {}, { deletionTimestamp: new Date(0) }))).toBeUndefined();
  });
});

describe("Ingresses", () => {
  it("are Traefik's by class or by the old annotation", () => {
    const ingress = (spec: object, annotations = {}) =>
      Object.assign(new V1Ingress(), { spec, metadata: { annotations } });
    const old = { "kubernetes.io/ingress.class": "traefik" };
    expect(servedByTraefik(ingress({ ingressClassName: "traefik" }))).toBe(true);
    expect(servedByTraefik(ingress({}, old))).toBe(true);
    expect(servedByTraefik(ingress({ ingressClassName: "nginx" }, old))).toBe(false);
    expect(servedByTraefik(ingress({}))).toBe(false);
  });
});

describe("what kwokctl is told", () => {
  const programs = {
    etcd: "/p/etcd",
    "kube-apiserver": "/p/kube-apiserver",
    "kube-controller-manager": "/p/kube-controller-manager",
    "kube-scheduler": "/p/kube-scheduler",
    kwok: "/p/kwok",
    kubectl: "/p/kubectl",
  };
  const ports = { etcd: 1, etcdPeer: 2, apiserver: 3, controllerManager: 4, scheduler: 5, kwok: 6 };

  function documents(unpullable?: string[]): Record<string, unknown>[] {
    const parsed = parseAllDocuments(clusterConfig(programs, ports, { unpullable, egress: "/home/egress.yaml" }));
    return parsed.map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Record<string, unknown>;
    });
  }

  it("binds to loopback and names every port", () => {
    const options = documents()[0]?.["options"] as Record<string, unknown>;
    expect(options["bindAddress"]).toBe("127.0.0.1");
    const named = Object.entries(options).filter(([name]) => name.endsWith("Port"));
    expect(named.map(([, port]) => port).sort()).toEqual(Object.values(ports));
  });

  it("leaves no placeholder in the Stages and puts in the images that cannot be pulled", () => {
    const text = JSON.stringify(documents());
    expect(text).not.toMatch(/UNPULLABLE_IMAGES|VOLUME_OF_CLAIM/);
    // Once where pods become Ready, once where they do not.
    expect(JSON.stringify(documents(["docker.io/bitnami/"])).split("docker.io/bitnami/")).toHaveLength(3);
  });
});

describe("the lab", () => {
  it("takes the addresses it is given into its pool", () => {
    const pool = labObjects({ addresses: ["10.0.0.5-10.0.0.9"] }).find(({ kind }) => kind === "IPAddressPool");
    expect(pool?.["spec"]).toMatchObject({ addresses: ["10.0.0.5-10.0.0.9"] });
  });
});
