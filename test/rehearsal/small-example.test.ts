import path from "node:path";
import type { V1Deployment, V1Ingress, V1PersistentVolume, V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { bringUp, prepare, type Rehearsal, type RehearsalResult } from "../../automation/rehearsal/rehearse.ts";
import { KubeConfig, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";

const PROJECT = path.resolve(import.meta.dirname, "../..");

let home: Home;
let rehearsal: Rehearsal;
let first: RehearsalResult;
let client: KubernetesObjectApi;

beforeAll(async () => {
  home = await createHome(freshName("small-example"), { kept: false });
  rehearsal = await prepare({ stack: "small", project: PROJECT, overrides: {}, home, progress: silentProgress });
  const config = new KubeConfig();
  config.loadFromFile(rehearsal.cluster.kubeconfig);
  client = KubernetesObjectApi.makeApiClient(config);
  first = await bringUp(rehearsal, silentProgress);
});
afterAll(() => removeHome(home.folder));

const list = async <T extends KubernetesObject>(apiVersion: string, kind: string, namespace?: string) =>
  (await client.list<T>(apiVersion, kind, namespace)).items;

describe("Pulumi.small.yaml, a lab unlike the first", () => {
  it("goes up without a warning, and changes nothing on a second up", async () => {
    expect(first.outcome.warnings).toEqual([]);
    expect(first.outputs).toMatchObject({
      cvat: { url: "https://cvat.example.com", namespace: "annotation" },
      clearml: { webUrl: "http://198.51.100.40", namespace: "experiments" },
    });
    const { outcome } = await bringUp(rehearsal, silentProgress);
    expect(outcome.changes).toEqual([]);
  });

  it("has every pod on a node, CVAT's data and all who read it on one", async () => {
    const pods = await list<V1Pod>("v1", "Pod");
    expect(pods.filter(({ spec }) => spec?.nodeName === undefined).map(({ metadata }) => metadata?.name)).toEqual([]);
    expect([...new Set(pods.map(({ spec }) => spec?.nodeName))].sort()).toEqual(["atlas", "vega"]);
    const reading = pods.filter(({ spec }) =>
      spec?.volumes?.some(({ persistentVolumeClaim: claim }) => claim?.claimName === "cvat-backend-data"),
    );
    expect(reading.length).toBeGreaterThan(3);
    expect([...new Set(reading.map(({ spec }) => spec?.nodeName))]).toEqual(["atlas"]);
  });

  it("has its volumes as folders of the nodes whose pods wanted them", async () => {
    const volumes = await list<V1PersistentVolume>("v1", "PersistentVolume");
    expect(volumes.length).toBeGreaterThan(5);
    expect([...new Set(volumes.map(({ spec }) => spec?.storageClassName))]).toEqual(["local-path"]);
    expect(volumes.filter(({ spec }) => !spec?.hostPath || !spec.nodeAffinity?.required)).toEqual([]);
  });

  it("serves CVAT under its name, by the Secret and with the timeout of the stack file", async () => {
    const ingresses = await list<V1Ingress>("networking.k8s.io/v1", "Ingress", "annotation");
    const [ingress] = ingresses.filter(({ spec }) => spec?.tls?.length);
    expect(ingress?.spec?.tls).toEqual([{ hosts: ["cvat.example.com"], secretName: "cvat-example-com" }]);
    expect(ingress?.status?.loadBalancer?.ingress).toEqual([{ ip: "198.51.100.20" }]);
    expect(await list("traefik.io/v1alpha1", "ServersTransport", "annotation")).toHaveLength(1);
  });

  it("takes the agent's image from its registry, and says what it took for given", async () => {
    const agents = await list<V1Deployment>("apps/v1", "Deployment", "experiments-agent");
    expect(JSON.stringify(agents)).toContain("registry.example/vision/clearml-agent:");
    expect(rehearsal.assumed).toEqual(
      expect.arrayContaining([
        "Node vega: amd64, 2 nvidia.com/gpu",
        "StorageClass local-path: one node at a time, claims do not grow, bound for the first pod",
        "Secret annotation/cvat-example-com with CVAT's certificate; at home it must be there",
      ]),
    );
  });
});
