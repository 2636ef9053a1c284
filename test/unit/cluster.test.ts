import { V1Ingress, V1IngressClass } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { clusterConfig } from "../../automation/rehearsal/cluster/config.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { traefikObjects } from "../../components/cvat/ingress.ts";
import { wholeStack } from "../fixtures/inputs/whole-stack.ts";
import { definitions } from "../../automation/rehearsal/ground/definitions.ts";
import { edge } from "../../automation/rehearsal/ground/edge.ts";
import { poolWith } from "../../automation/rehearsal/ground/addresses.ts";
import { configurationOf, contains } from "../../automation/rehearsal/cluster/metallb/configuration.ts";
import { publishedService, servedByTraefik } from "../../automation/rehearsal/ground/traefik.ts";
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
    const parsed = parseAllDocuments(
      clusterConfig(programs, ports, { unpullable, egress: "/home/egress.yaml", kubernetes: "1.36.3" }),
    );
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
    expect(text).not.toMatch(/[A-Z]{3,}_[A-Z]{2,}/);
    // Once where pods become Ready, once where they do not.
    expect(JSON.stringify(documents(["docker.io/bitnami/"])).split("docker.io/bitnami/")).toHaveLength(3);
  });
});

describe("the lab", () => {
  it("knows every kind of Traefik's that the program makes", () => {
    const { lab } = parseLab(wholeStack());
    const made = lab ? traefikObjects(lab.cvat).map(({ kind }) => kind) : [];
    const known = JSON.stringify(lab ? definitions(lab, undefined) : []);
    expect(new Set(made).size).toBe(2);
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
