import { readFile } from "node:fs/promises";
import path from "node:path";
import type { V1Deployment, V1ObjectMeta, V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { assertSameCluster, forgetLostResources } from "../../automation/engine/forget.ts";
import { readState, writeState, type StoredState } from "../../automation/engine/stored-state.ts";
import { silentProgress } from "../../automation/progress.ts";
import type { LiveClaim } from "../../components/preflight/facts.ts";
import { knownCluster } from "../../components/preflight/state.ts";
import { claimsOfOtherClass, rowOf } from "../../components/preflight/storage-class.ts";
import { full } from "./full.ts";
import { startLab, type Lab } from "./harness.ts";

const INVENTORIES = path.resolve(import.meta.dirname, "../fixtures/inventory");

interface InventoryRow {
  kind: string;
  apiVersion: string;
  name: string;
  hook?: string;
}

/** What we make beside the charts. */
const OURS = {
  cvat: ["cvat-postgres-secret", "cvat-grafana-admin"],
  clearml: ["clearml-credentials", "clearml-server-configuration"],
};

/** What the inventories have and this lab does not: Grafana's random Secret, which ours replaces, and a registry, which it does not name. */
const ABSENT = [
  "NetworkPolicy/cvat-redis",
  "Secret/cvat-grafana",
  "Secret/cvat-nuclio-registry-credentials",
  "ConfigMap/cvat-nuclio-registry-url",
];

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.end());

describe("the homelab on a real API server", () => {
  it("goes up, and the API server has every object of the charts and ours", async () => {
    await lab.prepare();
    const plan = await lab.run("preview");
    const { outcome, outputs } = await lab.up();

    expect(outcome.counts["create"]).toBeGreaterThan(110);
    // A secret that is not made yet must not hide a chart's objects from the first preview.
    expect(plan.counts["create"]).toBe(outcome.counts["create"]);
    expect(outputs).toMatchObject({
      cvat: { url: "http://192.0.2.20", analyticsUrl: "http://192.0.2.20/analytics", namespace: "cvat" },
      clearml: { webUrl: "http://192.0.2.40", apiUrl: "http://192.0.2.41", filesUrl: "http://192.0.2.42" },
    });
    expect(outputs["secrets"]).toBe("[secret]");
    for (const [namespace, file] of [
      ["cvat", "cvat-2.64.0.jsonl"],
      ["clearml", "clearml-7.14.4.jsonl"],
    ] as const) {
      const missing = await missingFrom(await expectedRows(file), namespace);
      expect(missing).toEqual(ABSENT.filter((label) => label.includes(`/${namespace}-`)));
      for (const name of OURS[namespace]) await lab.get("v1", "Secret", name, namespace);
    }
  });

  it("changes nothing on a second up, with everything prepared again", async () => {
    await lab.prepare();
    const { outcome } = await lab.up();
    expect(outcome.changes).toEqual([]);
    expect(outcome.counts).toEqual({ same: outcome.counts["same"] });
    expect(lab.lines).toEqual([]);
  });

  it("previews a changed image as exactly the objects that carry it", async () => {
    await lab.configure({ clearml: { image: { tag: "2.0.0-614" }, allowUnknownVersions: true } });
    await lab.prepare();
    const { changes } = await lab.run("preview");
    const changed = changes.map(({ operation, kind, short }) => `${operation} ${kind} ${short}`).sort();
    expect(changed).toEqual([
      "update Deployment clearml-apiserver",
      "update Deployment clearml-apiserver-asyncdelete",
      "update Deployment clearml-fileserver",
      "update Deployment clearml-webserver",
    ]);
    expect(changes.flatMap(({ fields }) => fields).every(({ after }) => String(after).endsWith(":2.0.0-614"))).toBe(
      true,
    );
    await lab.configure({ clearml: { image: { tag: undefined }, allowUnknownVersions: undefined } });
  });

  it("grows claims, those of StatefulSets too", async () => {
    await lab.configure({ cvat: { data: { size: "60Gi" }, kvrocks: { size: "70Gi" } } });
    const { outcome } = await lab.up();
    expect(outcome.changes.map(({ operation, short }) => `${operation} ${short}`).sort()).toEqual([
      // The bound of the cache grows along: its file, and the pod that reads it.
      "replace cvat-kvrocks",
      "update cvat-backend-data",
      "update cvat-cvat-kvrocks-data-cvat-kvrocks-0",
      "update cvat-kvrocks",
    ]);
    const sizes = await Promise.all(
      ["cvat-backend-data", "cvat-kvrocks-data-cvat-kvrocks-0"].map(async (name) => {
        const claim = await lab.get<V1PersistentVolumeClaim>("v1", "PersistentVolumeClaim", name, "cvat");
        return claim.spec?.resources?.requests?.["storage"];
      }),
    );
    expect(sizes).toEqual(["60Gi", "70Gi"]);
  });

  it("refuses a claim that shrinks, at preview, with the cure", async () => {
    await lab.configure({ cvat: { data: { size: "40Gi" } } });
    await lab.prepare();
    await expect(lab.run("preview")).rejects.toThrow(/cvat-backend-data.*cannot shrink/s);
    await lab.configure({ cvat: { data: { size: "60Gi" } } });
  });

  it("keeps claims, definitions and namespaces on destroy, and takes them back", async () => {
    const before = await volumes();
    const gone = await lab.destroy();
    expect(gone.changes.filter(({ operation }) => operation === "keep").length).toBeGreaterThan(5);
    expect(await lab.list("apps/v1", "Deployment", "cvat")).toEqual([]);
    expect(await volumes()).toEqual(before);
    const definitions = await lab.list("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    expect(definitions.map(({ metadata }) => metadata?.name)).toContain("nucliofunctions.nuclio.io");

    await lab.up();
    expect(await volumes()).toEqual(before);
    const { outcome } = await lab.up();
    expect(outcome.changes).toEqual([]);
  });

  it("has no claim whose StorageClass is set by no key", async () => {
    const { plan } = lab.rehearsal();
    const claims: LiveClaim[] = await lab.list("v1", "PersistentVolumeClaim");
    expect(
      claims.filter((claim) => rowOf(claim, plan.lab) === undefined).map(({ metadata }) => metadata?.name),
    ).toEqual([]);
    expect(claimsOfOtherClass({ claims }, plan)).toEqual([]);
    expect(claims.length).toBeGreaterThan(5);
  });

  it("refuses another StorageClass for what has a volume, at preview, by key", async () => {
    await lab.configure({ cluster: { storageClass: "ceph-filesystem" } });
    await lab.prepare();
    await expect(lab.run("preview")).rejects.toThrow(
      /nothing was changed:.*clearml\.storage\.class: .*has a volume.*cvat\.data\.storageClass: .*has a volume/s,
    );
    await lab.configure({ cluster: { storageClass: "longhorn" } });
    await lab.prepare();
  });

  it("applies everything under one name", async () => {
    const { resources = [] } = (await readState(lab.rehearsal().stack)).deployment;
    const managers = knownCluster(resources).objects.map(({ manager }) => manager);
    expect(managers.length).toBeGreaterThan(100);
    expect([...new Set(managers)]).toEqual(["vision-platform"]);
  });

  it("serves the ClearML API behind port 80", async () => {
    const deployment = await lab.get<V1Deployment>("apps/v1", "Deployment", "clearml-apiserver", "clearml");
    expect(deployment.status?.readyReplicas).toBe(1);
  });
});

describe("a lab whose ground is another", () => {
  const stack = () => lab.rehearsal().stack;
  /** The lab as its stack names it, with the rehearsal's own cluster. */
  const configured = () => {
    const { plan, cluster } = lab.rehearsal();
    const { kubeconfig, context } = cluster;
    return { ...plan.lab, cluster: { ...plan.lab.cluster, kubeconfig, context } };
  };

  it("is told of a cluster it was not brought up in, by preview, up and destroy, and changes nothing", async () => {
    await lab.prepare();
    const state = await readState(stack());
    const text = JSON.stringify(state);
    const uid = knownCluster(state.deployment.resources ?? []).uid ?? "";
    await writeState(stack(), JSON.parse(text.replaceAll(uid, "another")) as StoredState);
    const config = configured();
    const problem = /another cluster.*UID .*, not another\..*--forget-lost/s;
    await expect(lab.run("preview")).rejects.toThrow(problem);
    await expect(lab.run("up")).rejects.toThrow(problem);
    await expect(assertSameCluster(stack(), config)).rejects.toThrow(
      /Nothing of stack lab was removed.*another cluster/s,
    );

    await forgetLostResources(stack(), config, silentProgress);
    const { changes } = await lab.run("preview");
    expect(changes.every(({ operation }) => operation === "create")).toBe(true);
    expect(changes.filter(({ type }) => type.startsWith("kubernetes:")).length).toBeGreaterThan(100);
    await writeState(stack(), JSON.parse(text) as StoredState);
    expect((await lab.run("preview")).changes).toEqual([]);
  });

  full("is made anew in a namespace that was deleted by hand, once that is said", async () => {
    const config = configured();
    await lab.client().delete(await lab.get("v1", "Namespace", "clearml"));
    await vi.waitUntil(async () => !(await namespaces()).includes("clearml"), { timeout: 60_000, interval: 200 });
    await expect(lab.run("preview")).rejects.toThrow(/clearml\.namespace: Namespace clearml.*is gone.*--forget-lost/s);

    await forgetLostResources(stack(), config, silentProgress);
    const { changes } = await lab.run("up");
    expect(changes.filter(({ system }) => system === "CVAT")).toEqual([]);
    expect(
      (await lab.get<V1Deployment>("apps/v1", "Deployment", "clearml-apiserver", "clearml")).status?.readyReplicas,
    ).toBe(1);
    expect((await lab.run("up")).changes).toEqual([]);
  });
});

async function namespaces() {
  return (await lab.list("v1", "Namespace")).map(({ metadata }) => metadata?.name);
}

/** Every claim with the volume it is bound to. */
async function volumes(): Promise<Record<string, string | undefined>> {
  const claims: { metadata?: V1ObjectMeta; spec?: { volumeName?: string } }[] = await lab.list(
    "v1",
    "PersistentVolumeClaim",
  );
  return Object.fromEntries(
    claims.map(({ metadata, spec }) => [`${metadata?.namespace}/${metadata?.name}`, spec?.volumeName]),
  );
}

async function expectedRows(file: string): Promise<InventoryRow[]> {
  const lines = (await readFile(path.join(INVENTORIES, file), "utf8")).trim().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as InventoryRow);
  return rows.filter(({ hook }) => hook === undefined);
}

async function missingFrom(rows: readonly InventoryRow[], namespace: string): Promise<string[]> {
  const kinds = new Map(rows.map(({ kind, apiVersion }) => [kind, apiVersion]));
  const there = new Set<string>();
  for (const [kind, apiVersion] of kinds) {
    const scoped = /^(ClusterRole|ClusterRoleBinding|CustomResourceDefinition)$/.test(kind) ? undefined : namespace;
    for (const { metadata } of await lab.list(apiVersion, kind, scoped)) there.add(`${kind}/${metadata?.name}`);
  }
  return rows.map(({ kind, name }) => `${kind}/${name}`).filter((label) => !there.has(label));
}
