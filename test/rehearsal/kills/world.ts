import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { KubeConfig, type KubernetesObject } from "@kubernetes/client-node";
import { Client } from "minio";
import { until } from "../../../components/rest/until.ts";
import { apiServer } from "../../../components/kubernetes/api-server.ts";
import { readState } from "../../../automation/engine/stored-state.ts";
import { processesOf } from "../../../automation/runs/belonging.ts";
import { programOf } from "../../../automation/processes.ts";
import { portsOf } from "../../../automation/rehearsal/ports.ts";
import type { Rehearsal } from "../../../automation/rehearsal/rehearse.ts";
import { readJson, serviceFolder } from "../../../automation/rehearsal/services/service.ts";

/** Everything that a lab is made of, by a name for each thing, with what of it can be the same in two labs. */
export type World = Record<string, unknown>;

/** Kinds that come and go by themselves, or that controllers name by chance. */
const PASSING = new Set([
  "Event",
  "Lease",
  "EndpointSlice",
  "Endpoints",
  "Pod",
  "ReplicaSet",
  "ControllerRevision",
  "Node",
  "CSINode",
  "PersistentVolume",
  "APIService",
  "ComponentStatus",
  "FlowSchema",
  "PriorityLevelConfiguration",
  "ServiceAccount",
  "IPAddress",
]);

/** Reads a lab: every object of the API server, the records of the stand-ins, buckets, users and policies of the store, resources of the state. */
export async function worldOf(rehearsal: Rehearsal): Promise<World> {
  const [objects, records, store, { deployment }, ports] = await Promise.all([
    objectsOf(rehearsal),
    recordsOf(rehearsal),
    storeOf(rehearsal),
    readState(rehearsal.stack),
    portsOf(rehearsal.home.folder),
  ]);
  const state = (deployment.resources ?? []).map(({ urn }) => urn).sort();
  const world = { ...objects, ...records, ...store, state };
  // Where the lab lies is another place each time.
  const places = [rehearsal.home.folder, ...Object.values(ports).map((port) => `127.0.0.1:${port}`)];
  const placed = places.reduce((whole, place) => whole.replaceAll(place, "PLACE"), JSON.stringify(world));
  // In policies a port stands without its address.
  const text = Object.values(ports).reduce(
    (whole, port) => whole.replaceAll(new RegExp(`"port":${port}\\b`, "g"), '"port":"PLACE"'),
    placed,
  );
  // Of the Service of the API server itself.
  return JSON.parse(text.replace(/"targetPort":[1-6]\d{4}\b/g, '"targetPort":"PLACE"')) as World;
}

/** What a run leaves that ended in order: nothing. */
export async function leftOf({ home, stack }: Rehearsal): Promise<string[]> {
  const state = path.join(home.folder, "state", ".pulumi");
  const files = async (folder: string) =>
    (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) => entry.isFile());
  const { deployment } = await readState(stack);
  return [
    ...(await files(path.join(state, "locks"))).map(({ name }) => `lock ${name}`),
    ...(await files(state)).filter(({ name }) => name.endsWith(".tmp")).map(({ name }) => `unfinished ${name}`),
    ...(await files(path.join(home.folder, "runs"))).map(({ parentPath, name }) => `of a run ${parentPath}/${name}`),
    ...processesOf(path.join(home.folder, "runs")).map((found) => `process ${programOf(found)}`),
    ...(deployment.pending_operations ?? []).map(({ type, resource }) => `pending ${type} ${resource.urn}`),
  ];
}

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

interface Discovered {
  resources?: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

async function objectsOf({ home }: Rehearsal): Promise<World> {
  const direct = path.join(home.folder, "direct-kubeconfig");
  const config = new KubeConfig();
  config.loadFromFile(existsSync(direct) ? direct : path.join(home.folder, "kubeconfig"));
  const send = apiServer(config);
  const get = async <T>(place: string) =>
    JSON.parse((await send({ method: "GET", path: place, timeoutMs: 30_000 })).text) as T;
  // An API server that was only just started serves the kinds of definitions a moment later, one after the other.
  const { served } = await until(() => discovered(get), {
    isDone: ({ served: all, wanted }) => wanted.every((one) => all.some(({ of }) => of.includes(one))),
    everyMs: 100,
    withinMs: 30_000,
    late: () => new Error("the API server does not serve all kinds that are defined"),
  });
  // Served is not yet answered: for a moment a list of such a kind is a Status.
  const list = (place: string) =>
    until(() => get<{ items?: KubernetesObject[] }>(place), {
      isDone: ({ items }) => items !== undefined,
      everyMs: 100,
      withinMs: 30_000,
      late: (answer) => new Error(`${place} is no list: ${JSON.stringify(answer)}`),
    });
  const world: World = {};
  for (const { base, resources } of served) {
    const listed = resources.filter(
      ({ name, kind, verbs }) => !name.includes("/") && verbs.includes("list") && !PASSING.has(kind),
    );
    const lists = await Promise.all(
      listed.map(async ({ name, kind }) => ({
        kind,
        items: (await list(`${base}/${name}`)).items ?? [],
      })),
    );
    for (const { kind, items } of lists)
      for (const object of items) {
        const namespace = object.metadata?.namespace ?? "-";
        const name = object.metadata?.name ?? "";
        world[`object ${kind} ${namespace}/${name}`] = normal(kind, object);
      }
  }
  return world;
}

/** What the API server serves, by group, and what is defined in it by others: `group/plural`. */
async function discovered(get: <T>(place: string) => Promise<T>) {
  const { groups } = await get<{ groups: { preferredVersion: { groupVersion: string } }[] }>("/apis");
  const bases = ["/api/v1", ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const served = await Promise.all(
    bases.map(async (base) => {
      const { resources = [] } = await get<Discovered>(base);
      return { base, resources, of: resources.map(({ name }) => `${base.split("/")[2] ?? ""}/${name}`) };
    }),
  );
  const { items } = await get<{ items: { spec: { group: string; names: { plural: string } } }[] }>(DEFINITIONS);
  return { served, wanted: items.map(({ spec }) => `${spec.group}/${spec.names.plural}`) };
}

/** An object without what is another in each cluster. */
function normal(kind: string, object: KubernetesObject): unknown {
  const { metadata, ...rest } = object as KubernetesObject & Record<string, unknown>;
  const { data, ...fields } = rest as Record<string, unknown>;
  delete fields["status"];
  const managers = (metadata?.managedFields ?? [])
    .filter(({ subresource }) => !subresource)
    .map(({ manager = "", operation = "" }) => `${manager} ${operation}`);
  return {
    ...(masked(fields) as object),
    ...(data !== undefined && { data: kind === "Secret" ? Object.keys(data as object).sort() : masked(data) }),
    labels: masked(metadata?.labels),
    annotations: masked(metadata?.annotations),
    owners: metadata?.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`),
    finalizers: metadata?.finalizers,
    managers: [...new Set(managers)].sort(),
  };
}

/** Without what is generated: digests, tokens, addresses that a controller chose, times. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value === "string")
    return (
      value
        .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "UUID")
        .replace(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g, "CERTIFICATE")
        .replace(/\b[0-9a-f]{24,}\b/g, "DIGEST")
        // The hash of a function's image, which Nuclio makes of the time.
        .replace(/\b\d{12,}\b/g, "NUMBER")
        .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z?/g, "TIME")
    );
  if (typeof value !== "object" || value === null) return value;
  const generated = [
    "clusterIP",
    "clusterIPs",
    "nodePort",
    "healthCheckNodePort",
    "uid",
    "volumeName",
    "batch.kubernetes.io/controller-uid",
    "controller-uid",
    "deployment.kubernetes.io/revision",
  ];
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !generated.includes(key))
      .map(([key, inner]) => [key, masked(inner)]),
  );
}

/** What the stand-ins remember, by what people know it by. */
async function recordsOf({ home }: Rehearsal): Promise<World> {
  const read = async (service: string, name: string) =>
    readJson<Record<string, unknown> | unknown[]>(path.join(serviceFolder(home.folder, service), name));
  const cvat = (await read("cvat", "state.json")) as Record<string, unknown[]> | undefined;
  const queues = (await read("clearml", "queues.json")) as { name: string }[] | undefined;
  const world: World = {};
  for (const [kind, rows] of Object.entries(cvat ?? {}))
    if (Array.isArray(rows)) world[`CVAT ${kind}`] = rows.map(known).sort();
  if (queues) world["ClearML queues"] = queues.map(({ name }) => name).sort();
  return world;
}

function known(row: unknown): string {
  const fields = [
    "username",
    "slug",
    "display_name",
    "resource",
    "target_url",
    "name",
    "role",
    "is_active",
    "provider_type",
    "groups",
  ];
  return JSON.stringify(
    masked(Object.fromEntries(fields.map((field) => [field, (row as Record<string, unknown>)[field]]))),
  );
}

async function storeOf({ home }: Rehearsal): Promise<World> {
  const folder = serviceFolder(home.folder, "minio");
  const ready = await readJson<{ port: number }>(path.join(folder, "ready.json"));
  const root = await readJson<{ accessKey: string; secretKey: string }>(path.join(folder, "root.json"));
  if (!ready || !root) return {};
  const client = new Client({ endPoint: "127.0.0.1", port: ready.port, useSSL: false, ...root });
  const world: World = {};
  for (const { name } of await client.listBuckets())
    world[`bucket ${name}`] = {
      versioning: await client.getBucketVersioning(name),
      lifecycle: await client.getBucketLifecycle(name).catch(() => "none"),
      policy: await client.getBucketPolicy(name).catch(() => "none"),
      objects: await client.listObjectsV2(name, "", true).toArray(),
    };
  // MinIO keeps each of them in a folder of its name.
  const iam = path.join(folder, "data", ".minio.sys", "config", "iam");
  for (const kind of ["users", "policies", "policydb/users", "service-accounts"])
    world[`store ${kind}`] = (await readdir(path.join(iam, kind)).catch(() => [])).sort();
  return world;
}
