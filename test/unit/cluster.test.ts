import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { KubeConfig, V1Ingress, V1IngressClass } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { clusterConfig, clusterParts, kubeconfigText } from "../../automation/rehearsal/cluster/config.ts";
import { makeKeys } from "../../automation/rehearsal/cluster/keys.ts";
import { partsIn } from "../../automation/rehearsal/cluster/parts.ts";
import { traefikObjects } from "../../components/cvat/ingress.ts";
import { wholeStack } from "../fixtures/inputs/whole-stack.ts";
import { definitions } from "../../automation/rehearsal/ground/definitions.ts";
import { edge } from "../../automation/rehearsal/ground/edge.ts";
import { poolWith } from "../../automation/rehearsal/ground/addresses.ts";
import { configurationOf, contains } from "../../automation/rehearsal/cluster/metallb/configuration.ts";
import { publishedService, servedByTraefik } from "../../automation/rehearsal/ground/traefik.ts";
import { signInEdge, signInLab } from "../fixtures/edge/lab.ts";
import { planned } from "../fixtures/inputs/planned.ts";

describe("Ingresses", () => {
  const ingress = (spec: object, annotations = {}) =>
    Object.assign(new V1Ingress(), { spec, metadata: { annotations } });
  const ingressClass = (name: string, controller: string) =>
    Object.assign(new V1IngressClass(), { metadata: { name }, spec: { controller } });
  const traefiks = [ingressClass("traefik", "traefik.io/ingress-controller")];

  it("are Traefik's by a class of Traefik's, or by the old annotation", () => {
    const old = { "kubernetes.io/ingress.class": "traefik" };
    expect(servedByTraefik(ingress({ ingressClassName: "traefik" }), traefiks)).toBe(true);
    expect(servedByTraefik(ingress({}, old), traefiks)).toBe(true);
    expect(servedByTraefik(ingress({ ingressClassName: "nginx" }, old), traefiks)).toBe(false);
    expect(servedByTraefik(ingress({}), traefiks)).toBe(false);
  });

  it("are nobody's when their class is not there or another controller's, and Traefik's under any name", () => {
    const named = ingress({ ingressClassName: "traefik" });
    expect(servedByTraefik(named, [])).toBe(false);
    expect(servedByTraefik(named, [ingressClass("traefik", "k8s.io/ingress-nginx")])).toBe(false);
    const other = ingress({ ingressClassName: "edge" });
    expect(servedByTraefik(other, [ingressClass("edge", "traefik.io/ingress-controller")])).toBe(true);
  });
});

it("Traefik's Ingresses have the addresses of the Service that its own options name, wherever that is", () => {
  const plan = planned({ traefik: { namespace: "edge", service: "way-in" } });
  const deployments = edge(plan, undefined).objects.filter(({ kind }) => kind === "Deployment");
  expect(publishedService(deployments as never[])).toEqual({ namespace: "edge", name: "way-in" });
  expect(publishedService([])).toBeUndefined();
});

describe("what a cluster begins with", () => {
  const programs = {
    etcd: "/p/etcd",
    "kube-apiserver": "/p/kube-apiserver",
    "kube-controller-manager": "/p/kube-controller-manager",
    "kube-scheduler": "/p/kube-scheduler",
    kwok: "/p/kwok",
  };
  const ports = { etcd: 1, etcdPeer: 2, apiserver: 3, controllerManager: 4, scheduler: 5, kwok: 6 };

  const parts = clusterParts(programs, ports, { folder: "/home/cluster", egress: "/home/egress.yaml" });

  function documents(unpullable?: string[]): Record<string, unknown>[] {
    return parseAllDocuments(clusterConfig(parts, unpullable)).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Record<string, unknown>;
    });
  }

  it("binds every part to loopback, each on its port", () => {
    const args = parts.flatMap((part) => part.args);
    const addresses = args.flatMap((word) => /^--(?:bind|server)-address=([^:]+)/.exec(word)?.[1] ?? []);
    expect(addresses).toEqual(Array(4).fill("127.0.0.1"));
    const urls = args.flatMap((word) => /^--listen-.*-urls=(.*)/.exec(word)?.[1] ?? []);
    expect(urls.sort()).toEqual(["http://127.0.0.1:1", "http://127.0.0.1:2"]);
    const named = args.flatMap((word) => /^--(?:secure|node)-port=(\d)/.exec(word)?.[1] ?? []);
    expect(named.map(Number).sort()).toEqual([3, 4, 5, 6]);
  });

  it("can be read again as it is started", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "cluster-"));
    await writeFile(path.join(folder, "kwok.yaml"), clusterConfig(parts));
    expect(await partsIn(folder)).toEqual(parts);
    await rm(folder, { recursive: true });
  });

  it("has a key that opens its API server to the administrator, and is for nobody else to read", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "cluster-"));
    await makeKeys(folder);
    const config = new KubeConfig();
    config.loadFromString(kubeconfigText(folder, "rehearsal", ports));
    const { caFile = "" } = config.getCurrentCluster() ?? {};
    const { certFile = "", keyFile = "" } = config.getCurrentUser() ?? {};
    const certificate = new X509Certificate(await readFile(certFile));
    expect(certificate.checkPrivateKey(createPrivateKey(await readFile(keyFile)))).toBe(true);
    expect(certificate.verify(new X509Certificate(await readFile(caFile)).publicKey)).toBe(true);
    expect(certificate.subject.split("\n").sort()).toEqual(["CN=kwok-admin", "O=system:masters"]);
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });

  it("leaves no placeholder in the Stages and puts in the images that cannot be pulled", () => {
    const text = JSON.stringify(documents());
    expect(text).not.toMatch(/[A-Z]{3,}_[A-Z]{2,}/);
    // Once where pods become Ready, once where they do not.
    expect(JSON.stringify(documents(["docker.io/bitnami/"])).split("docker.io/bitnami/")).toHaveLength(3);
  });
});

describe("the lab", () => {
  it("knows every kind of Traefik's that the program makes", () => {
    const plan = planned(wholeStack());
    const gateway = { edge: "gateway", gateway: { name: "lab", namespace: "gateways" } };
    const atGateway = planned(signInLab({ ingress: gateway }));
    const edges = [signInEdge({ ingress: { responseTimeout: "10m" } }), signInEdge({ ingress: gateway })];
    const made = new Set(
      [...traefikObjects(plan.lab.cvat), ...edges.flatMap(({ objects }) => objects)].map(({ kind }) => kind),
    );
    const known = JSON.stringify(definitions(atGateway, undefined));
    expect([...made].sort()).toEqual(["HTTPRoute", "IngressRoute", "Middleware", "ServersTransport"]);
    for (const kind of made) expect(known).toContain(`"kind":"${kind}"`);
  });

  it.each<[string, string[]]>([
    ["of the documentation ranges", ["192.0.2.20", "198.51.100.7"]],
    ["of a lab's own, one of them twice", ["10.1.2.3", "192.0.2.20", "10.1.2.3", "10.1.2.4"]],
    ["none", []],
  ])("has a pool that MetalLB takes, whatever a stack asks for: addresses %s", (_, asked) => {
    const lab = { metadata: { name: "lab" }, spec: { addresses: poolWith(asked) } };
    const found = configurationOf([lab]);
    if ("problem" in found) throw new Error(found.problem);
    for (const address of asked) expect(found.pools.some((pool) => contains(pool, address))).toBe(true);
  });
});
