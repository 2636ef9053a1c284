import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { silentProgress } from "../../automation/progress.ts";
import { groundOf } from "../../automation/rehearsal/ground/ground.ts";
import { likenessFor } from "../../automation/rehearsal/ground/likeness-file.ts";
import { likenessSchema, type Likeness } from "../../automation/rehearsal/ground/likeness.ts";
import { likenessOf } from "../../automation/rehearsal/ground/read-cluster.ts";
import type { ApiAnswer, ApiRequest, Send } from "../../components/kubernetes/api-server.ts";
import { planned } from "../fixtures/inputs/planned.ts";

const GPU = "nvidia.com/gpu";
const CANARY = "canary-of-a-secret";

const LAB = planned({
  cluster: { storageClass: "tank" },
  traefik: { address: "192.0.2.20" },
  cvat: { ingress: { host: "cvat.example.com", tls: { secretName: "cvat-tls" } } },
  clearml: { addresses: { api: "192.0.2.41" }, agent: { enabled: true, tasks: { gpus: 1 } } },
});

const annotations = { note: CANARY };
const ready = [{ type: "Ready", status: "True" }];

/** A real cluster's lists, with what nobody needs to know. */
const CLUSTER: Record<string, object> = {
  "/version": { gitVersion: "v1.36.3+k3s1" },
  "/apis": { groups: [{ name: "apps" }, { name: "traefik.io" }] },
  "/api/v1/nodes": {
    items: [
      {
        metadata: { name: "vega", labels: { disk: "ssd" }, annotations },
        spec: { taints: [{ key: "gpu", effect: "NoSchedule" }], podCIDR: CANARY },
        status: {
          nodeInfo: { architecture: "amd64", machineID: CANARY },
          allocatable: { cpu: "16", [GPU]: "2" },
          conditions: ready,
        },
      },
      {
        metadata: { name: "pi", labels: {} },
        spec: { taints: [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }] },
        status: { nodeInfo: { architecture: "arm64" }, allocatable: { cpu: "4" } },
      },
    ],
  },
  "/apis/storage.k8s.io/v1/storageclasses": {
    items: [
      { metadata: { name: "tank", annotations }, provisioner: "zfs.csi.example.com", parameters: { pass: CANARY } },
    ],
  },
  "/apis/metallb.io/v1beta1/ipaddresspools": {
    items: [{ metadata: { name: "home", namespace: "metallb", annotations }, spec: { addresses: ["192.0.2.0/24"] } }],
  },
  "/apis/networking.k8s.io/v1/ingressclasses": {
    items: [{ metadata: { name: "traefik" }, spec: { controller: "traefik.io/ingress-controller" } }],
  },
  "/api/v1/services": {
    items: [
      { metadata: { name: "traefik", namespace: "kube-system" }, spec: { type: "LoadBalancer" } },
      {
        metadata: { name: "dns", namespace: "pihole", annotations },
        spec: { type: "LoadBalancer", ports: [{ port: 53, protocol: "UDP", nodePort: 31_000 }] },
        status: { loadBalancer: { ingress: [{ ip: "192.0.2.53" }] } },
      },
      { metadata: { name: "inside", namespace: "pihole" }, spec: { type: "ClusterIP" } },
    ],
  },
  "/api/v1/pods": {
    items: [
      {
        metadata: { name: "other", namespace: "games" },
        spec: { nodeName: "vega", containers: [{ resources: { limits: { [GPU]: "1" } } }] },
      },
    ],
  },
};

const MISSING = "/api/v1/namespaces/cvat/secrets/cvat-tls";

function sendTo(asked: ApiRequest[], over: Record<string, ApiAnswer> = {}): Send {
  return (request) => {
    asked.push(request);
    const found = CLUSTER[request.path];
    const text = JSON.stringify(found ?? { items: [] });
    return Promise.resolve(over[request.path] ?? { status: request.path === MISSING ? 404 : 200, text });
  };
}

describe("a rehearsal like a person's cluster", () => {
  let likeness: Likeness;
  const asked: ApiRequest[] = [];
  beforeAll(async () => {
    likeness = await likenessOf(sendTo(asked), LAB);
  });

  it("only reads, and no Secret but for whether it is there", () => {
    expect([...new Set(asked.map(({ method }) => method))]).toEqual(["GET"]);
    const secrets = asked.filter(({ path }) => path.includes("/secrets"));
    expect(secrets.map(({ path }) => path)).toEqual([MISSING]);
    expect(secrets.every(({ headers }) => headers?.["accept"]?.includes("PartialObjectMetadata"))).toBe(true);
  });

  it("keeps nothing but what counts, and comes back from its file as it was", () => {
    const text = stringify(likeness);
    expect(text).not.toContain(CANARY);
    expect(likenessSchema.parse(parse(text))).toEqual(JSON.parse(JSON.stringify(likeness)));
  });

  it("has its nodes with what others leave of their devices, and gives no pod to one that is not Ready", () => {
    const nodes = groundOf(LAB, likeness).objects.filter(({ kind }) => kind === "Node");
    expect(nodes).toMatchObject([
      {
        metadata: { name: "vega", labels: { disk: "ssd" } },
        spec: { taints: [{ key: "gpu", effect: "NoSchedule" }] },
        status: { allocatable: { cpu: "16", [GPU]: "1" } },
      },
      { metadata: { name: "pi" }, spec: { unschedulable: true }, status: { nodeInfo: { architecture: "arm64" } } },
    ]);
    expect(nodes[1]?.["spec"]).not.toHaveProperty("taints");
  });

  it("has its classes and pools, who holds an address of them, and not the Secret that is missing", () => {
    const { objects, notes } = groundOf(LAB, likeness);
    const named = (kind: string) => objects.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
    expect(named("StorageClass")).toEqual(["tank"]);
    expect(named("CSIDriver")).toEqual(["zfs.csi.example.com"]);
    expect(named("IPAddressPool")).toEqual(["home"]);
    expect(named("RuntimeClass")).toEqual([]);
    expect(named("Secret")).toEqual([]);
    expect(named("Service").sort()).toEqual(["dns", "traefik"]);
    expect(JSON.stringify(objects.find(({ metadata }) => metadata.name === "dns"))).toContain(
      '"metallb.io/loadBalancerIPs":"192.0.2.53"',
    );
    expect(notes).toContain("Nodes, as in your cluster: vega, pi");
  });

  it("is refused what the cluster has not: a class, and a chart that does not take its Kubernetes", () => {
    const { objects } = parsedLike({ cluster: { storageClass: "tnak" }, clearml: { version: "7.14.4" } });
    expect(objects).toThrow(
      /does not fit your cluster:.*clearml\.version: .*your cluster has v1\.36\.3\+k3s1.*`tnak`\. Did you mean `tank`\?/s,
    );
  });

  it("makes up what the kubeconfig's user may not read", async () => {
    const forbidden = { status: 403, text: "" };
    const over = { "/api/v1/nodes": forbidden, "/apis/storage.k8s.io/v1/storageclasses": forbidden };
    const some = await likenessOf(sendTo([], over), LAB);
    expect([...some.unread].sort()).toEqual(["Node", "StorageClass"]);
    expect(() => groundOf(LAB, some)).toThrow(/knows no StorageClass `tank`/);
    expect(groundOf(planned({}), some).notes).toContain("Node node: amd64");
  });

  const parsedLike = (sections: Record<string, unknown>) => ({
    objects: () => groundOf(planned(sections), likeness),
  });
});

describe("the file of a likeness", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "likeness-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const from = async (text: string) => {
    const file = path.join(folder, "given");
    await writeFile(file, text);
    return likenessFor(file, LAB, { folder, stack: "lab", progress: silentProgress });
  };

  it("is taken as it is", async () => {
    const likeness = await likenessOf(sendTo([]), LAB);
    expect(await from(stringify(likeness))).toEqual(JSON.parse(JSON.stringify(likeness)));
  });

  it.each([
    ["changed by hand", "likeness: 1\nunread: [Secret]\n", /given is not as it was written: unread/],
    ["no kubeconfig either", "{", /kubeconfig.*cannot be read \(it is no kubeconfig\)/],
  ])("is refused when it is %s", async (_, text, message) => {
    await expect(from(text)).rejects.toThrow(message);
  });
});
