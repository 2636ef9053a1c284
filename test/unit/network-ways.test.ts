import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { backupSettings } from "../../components/backup/backup-config.ts";
import type { SeenCluster } from "../../components/kubernetes/seen.ts";
import { networkConfig } from "../../components/network/network-config.ts";
import { outsideOf } from "../../components/network/outside.ts";
import { partiesOf, PARTY_NAMES } from "../../components/network/parties.ts";
import { endsOf, endsOfRange } from "../../components/network/places.ts";
import { policiesOf } from "../../components/network/policies.ts";
import { gatewaysOf } from "../../components/network/tunnels.ts";
import { unforeseen } from "../../components/network/unforeseen.ts";
import { WAYS } from "../../components/network/ways.ts";
import type { LiveNode, LiveService } from "../../components/preflight/facts.ts";
import { seenIn } from "../../components/preflight/seen.ts";
import { traefikConfig } from "../../components/traefik/traefik-config.ts";

const INVENTORIES = path.resolve(import.meta.dirname, "../fixtures/inventory");

describe("the charts as they really are", () => {
  const rows = readdirSync(INVENTORIES)
    .filter((name) => name.endsWith(".jsonl") && !name.startsWith("nuclio-"))
    .flatMap((name) => readFileSync(path.join(INVENTORIES, name), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as { kind: string; name: string; hook?: string });

  it("have no workload that the ways do not know", () => {
    const workloads = rows.filter(({ kind }) => /^(Deployment|StatefulSet|DaemonSet|Job|CronJob)$/.test(kind));
    expect(workloads.length).toBeGreaterThan(60);
    expect(workloads.map(({ name }) => name).filter((name) => partiesOf(name).length === 0)).toEqual([]);
  });

  it("bring one policy of their own, which is off by values", () => {
    const brought = rows.filter(({ kind }) => kind === "NetworkPolicy").map(({ name }) => name);
    expect([...new Set(brought)]).toEqual(["cvat-redis"]);
  });
});

describe("the table", () => {
  it("has each row once, and no party that takes no part", () => {
    expect(new Set(WAYS.map(({ id }) => id)).size).toBe(WAYS.length);
    const taking = new Set(WAYS.flatMap(({ from, to }) => [...from, ...to]));
    expect(PARTY_NAMES.filter((party) => !taking.has(party))).toEqual([]);
  });
});

// As an answer's JSON is, no class of the client's.
const services: unknown = [
  {
    metadata: { namespace: "minio", name: "minio" },
    spec: {
      type: "LoadBalancer",
      clusterIP: "10.43.0.9",
      clusterIPs: ["10.43.0.9"],
      selector: { app: "minio" },
      ports: [
        { port: 80, targetPort: 9000 },
        { port: 9001, targetPort: "console" },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.30" }] } },
  },
  {
    metadata: { namespace: "db", name: "postgresql" },
    spec: { clusterIP: "None", selector: { app: "pg" }, ports: [{ port: 5432 }] },
  },
  {
    metadata: { namespace: "db", name: "old" },
    spec: { type: "ExternalName", externalName: "db.example.com", ports: [] },
  },
  { metadata: { namespace: "db", name: "by-hand" }, spec: { clusterIP: "10.43.0.8", ports: [{ port: 6379 }] } },
];
const seen: SeenCluster = seenIn({ nodes: undefined, services: services as LiveService[] });

const minio = (port: number | string) => ({
  peers: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "minio" } },
      podSelector: { matchLabels: { app: "minio" } },
    },
  ],
  ports: [{ protocol: "TCP", port }],
});
const block = (cidr: string, port: number) => ({ peers: [{ ipBlock: { cidr } }], ports: [{ protocol: "TCP", port }] });
const anywhere = (port: number) => ({ peers: "any", ports: [{ protocol: "TCP", port }] });

describe("where a call comes out", () => {
  it.each([
    ["a load balancer's address", "192.0.2.30", 80, [block("192.0.2.30/32", 80), minio(9000)]],
    [
      "the same inside the cluster, by a named port",
      "10.43.0.9",
      9001,
      [block("10.43.0.9/32", 9001), minio("console")],
    ],
    ["a Service's name", "minio.minio.svc.cluster.local", 80, [minio(9000)]],
    ["a short one", "minio.minio", 80, [minio(9000)]],
    ["an address of no Service", "192.0.2.77", 80, [block("192.0.2.77/32", 80)]],
    ["an IPv6 address", "2001:db8::1", 80, [block("2001:db8::1/128", 80)]],
    ["the same as URLs have it", "[2001:db8::1]", 80, [block("2001:db8::1/128", 80)]],
    ["a name outside, which may lead back", "store.example.com", 80, [anywhere(80), minio(9000)]],
    ["a name outside that nothing here has the port of", "store.example.com", 443, [anywhere(443)]],
    ["a Service that stands for a name outside", "old.db.svc", 5432, [anywhere(5432)]],
    ["a Service without pods", "by-hand.db.svc", 6379, [{ peers: "any", ports: [{ protocol: "TCP", port: 6379 }] }]],
  ])("%s", (_, host, port, ends) => {
    expect(endsOf({ host, port }, "cvat", seen)).toEqual(ends);
  });

  it("a Service that is not there yet: every port of its namespace", () => {
    const there = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "later" } } };
    expect(endsOf({ host: "cache.later.svc", port: 6379 }, "cvat", seen)).toEqual([{ peers: [there], ports: "any" }]);
    expect(endsOf({ host: "minio.minio.svc", port: 80 }, "cvat", undefined)[0]?.ports).toBe("any");
  });

  it("a name without a dot is a Service beside who calls", () => {
    const pods = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "db" } } };
    const ends = [
      { peers: [{ ...pods, podSelector: { matchLabels: { app: "pg" } } }], ports: [{ protocol: "TCP", port: 5432 }] },
    ];
    expect(endsOf({ host: "postgresql", port: 5432 }, "db", seen)).toEqual(ends);
  });

  it("an address, where Services may not be listed: that one, and any pod by that port", () => {
    const ends = [
      block("192.0.2.30/32", 9000),
      { peers: [{ namespaceSelector: {} }], ports: [{ protocol: "TCP", port: 9000 }] },
    ];
    expect(endsOf({ host: "192.0.2.30", port: 9000 }, "cvat", undefined)).toEqual(ends);
  });

  const node: unknown = {
    metadata: { name: "a" },
    status: { addresses: [{ type: "InternalIP", address: "192.0.2.11" }] },
  };
  const service: unknown = {
    metadata: { namespace: "minio", name: "minio" },
    spec: {
      ...{ type: "NodePort", clusterIP: "10.43.0.9", selector: { app: "minio" } },
      ports: [{ port: 80, targetPort: 9000, nodePort: 30900 }],
    },
  };
  const byNodes = seenIn({ nodes: [node as LiveNode], services: [service as LiveService] });

  it.each([
    ["a node's port", "192.0.2.11", 30900, [block("192.0.2.11/32", 30900), minio(9000)]],
    ["another port of a node", "192.0.2.11", 80, [block("192.0.2.11/32", 80)]],
    ["the same port of who is no node", "192.0.2.77", 30900, [block("192.0.2.77/32", 30900)]],
    ["a name outside, which may be a node's", "store.example.com", 30900, [anywhere(30900), minio(9000)]],
  ])("%s", (_, host, port, ends) => {
    expect(endsOf({ host, port }, "cvat", byNodes)).toEqual(ends);
  });

  it("every port of a node, and of a range that nodes are in", () => {
    expect(endsOf({ host: "192.0.2.11", port: undefined }, "cvat", byNodes)[1]).toEqual(minio(9000));
    expect(endsOfRange("192.0.2.0/28", byNodes)[1]).toEqual(minio(9000));
    expect(endsOfRange("192.0.2.64/28", byNodes)).toHaveLength(1);
  });

  it("a node's port, where nodes may not be listed", () => {
    const unknown = { ...byNodes, nodes: undefined };
    expect(endsOf({ host: "192.0.2.11", port: 30900 }, "cvat", unknown)[1]).toEqual(minio(9000));
    expect(endsOf({ host: "192.0.2.11", port: undefined }, "cvat", unknown)).toHaveLength(1);
  });

  it("a range, with what is behind the Services in it", () => {
    const [range, behind] = endsOfRange("10.43.0.0/24", seen);
    expect(range).toEqual({ peers: [{ ipBlock: { cidr: "10.43.0.0/24" } }], ports: "any" });
    expect(behind?.peers).toBe("any");
    expect(endsOfRange("192.0.2.30/32", seen)[1]).toEqual({
      ...minio(9000),
      ports: [
        { protocol: "TCP", port: 9000 },
        { protocol: "TCP", port: "console" },
      ],
    });
  });
});

it.each([
  ["10.42.1.0/24", ["10.42.1.0", "10.42.1.1"]],
  ["10.244.3.64/26", ["10.244.3.64", "10.244.3.65"]],
  ["fd00:42:0:1::/64", ["fd00:42:0:1::", "fd00:42:0:1::1"]],
])("a node's own addresses in %s", (range, addresses) => {
  expect(gatewaysOf(range)).toEqual(addresses);
});

it("nodes are seen by their addresses and ranges, wherever they stand in the list", () => {
  const node = (name: string, label: string) => ({
    metadata: { name, labels: { [label]: "" } },
    spec: { podCIDR: "10.42.0.0/24", podCIDRs: ["10.42.0.0/24", "fd00::/64"] },
    status: {
      addresses: [
        { type: "Hostname", address: name },
        { type: "ExternalIP", address: "203.0.113.1" },
        { type: "InternalIP", address: "192.0.2.11" },
        { type: "InternalIP", address: "" },
      ],
    },
  });
  const both = [node("b", "node-role.kubernetes.io/control-plane"), node("a", "kubernetes.io/os")];
  const { nodes } = seenIn({ nodes: both, services: undefined });
  const known = { addresses: ["192.0.2.11", "203.0.113.1"], podRanges: ["10.42.0.0/24", "fd00::/64"] };
  expect(nodes).toEqual([
    { name: "a", ...known, isControlPlane: false },
    { name: "b", ...known, isControlPlane: true },
  ]);
});

it("what the ways do not hold for is said", () => {
  const workload = (name: string) => ({ namespace: "cvat", name, labels: {}, ports: [] });
  const known = { services: [], nodes: [] };
  expect(unforeseen([workload("cvat-backend-server")], [], known)).toEqual([]);
  const texts = unforeseen([workload("cvat-newcomer"), workload("cvat-nuclio-dashboard")], ["cvat-redis"], undefined);
  expect(texts).toEqual([
    expect.stringMatching(/^No way is known for cvat-newcomer: /),
    expect.stringMatching(/^A chart brings NetworkPolicies of its own: cvat-redis\. /),
    expect.stringMatching(/stays open to every pod\.$/),
    expect.stringMatching(/^Services could not be listed, /),
  ]);
});

it("backups reach the internet only where somebody is told there", () => {
  const lab = { network: networkConfig.parse({}), traefik: traefikConfig.parse({}), functions: {} };
  const nothing = { cvat: undefined, sso: undefined, store: undefined, seen: undefined };
  const reached = (backup: object) => {
    const { notify } = backupSettings.parse(backup);
    const workloads = [{ namespace: "cvat", name: "backup-projects", labels: {}, ports: [] }];
    const policies = policiesOf(WAYS, workloads, outsideOf({ ...lab, ...nothing, backup: { notify } }), lab.network);
    return JSON.stringify(policies).includes("0.0.0.0/0");
  };
  expect([reached({}), reached({ notify: { url: "https://ntfy.example.com/a-topic" } })]).toEqual([false, true]);
});

it("a range must be one", () => {
  const { error } = networkConfig.safeParse({ alsoTo: ["192.0.2.0"] });
  expect(error?.issues[0]?.message).toBe("must be a range such as 192.0.2.0/24 or 192.0.2.7/32");
});
