import { isDeepStrictEqual } from "node:util";
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { UserError } from "../../../components/program/errors.ts";
import { patiently } from "../../../components/rest/patience.ts";
import { until } from "../../../components/rest/until.ts";
import type { LabObject } from "../ground/object.ts";
import { startEnded, type Cluster } from "./cluster.ts";
import { addressesOf } from "./services.ts";
import { TRAEFIK_PODS } from "../ground/traefik.ts";

const FIELD_MANAGER = "rehearsal-lab";
const MERGE_PATCH = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const LOOK_AGAIN_MS = 100;
const READY_WITHIN_MS = 60_000;
const LOOK_AFTER_MS = 5_000;

/**
 * Puts the lab's objects into the cluster and waits until its nodes are Ready, its pods run and Traefik has an address. May be done
 * again: what others changed in these objects stays, and so does what is no longer among them.
 * @throws UserError when the lab is not ready within a minute
 */
export async function seed(cluster: Cluster, objects: readonly LabObject[]): Promise<void> {
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromFile(cluster.kubeconfig);
  const client = KubernetesObjectApi.makeApiClient(kubeconfig);
  await Promise.all(objects.filter(isGround).map((object) => apply(client, object)));
  await Promise.all(objects.filter((object) => !isGround(object)).map((object) => apply(client, object)));
  await offer(kubeconfig, objects);
  await ready(kubeconfig, objects, () => startEnded(cluster.home));
}

/** What other objects are put into, or are instances of. */
function isGround({ kind }: LabObject): boolean {
  return ["Node", "Namespace", "CustomResourceDefinition"].includes(kind);
}

async function apply(client: KubernetesObjectApi, object: LabObject): Promise<void> {
  // A kind whose definition was applied a moment ago is served a moment later; what is refused stays refused.
  await patiently(
    () => client.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply),
    {
      attempts: 21,
      firstPauseMs: 50,
      longestPauseMs: 500,
      mayPass: (error) => !(error instanceof ApiException && [400, 422].includes(error.code)),
    },
  );
}

/** What a node has is its status, which an apply sets only where it makes the node. */
async function offer(kubeconfig: KubeConfig, objects: readonly LabObject[]): Promise<void> {
  const core = kubeconfig.makeApiClient(CoreV1Api);
  const live = new Map((await core.listNode()).items.map((node) => [node.metadata?.name, node.status]));
  for (const { kind, metadata, ...node } of objects) {
    const { allocatable } = (node["status"] ?? {}) as { allocatable?: Record<string, string> };
    const has = live.get(metadata.name)?.allocatable;
    if (kind !== "Node" || allocatable === undefined || isDeepStrictEqual(has, allocatable)) continue;
    // What a merge leaves out stays.
    const gone = Object.fromEntries(Object.keys(has ?? {}).map((name) => [name, null]));
    const offered = { ...gone, ...allocatable };
    const body = { status: { allocatable: offered, capacity: offered } };
    await core.patchNodeStatus({ name: metadata.name, body, fieldManager: FIELD_MANAGER }, MERGE_PATCH);
  }
}

async function ready(
  kubeconfig: KubeConfig,
  objects: readonly LabObject[],
  lookAfter: () => Promise<void>,
): Promise<void> {
  const core = kubeconfig.makeApiClient(CoreV1Api);
  const apps = kubeconfig.makeApiClient(AppsV1Api);
  let lookedAfter = Date.now();
  const look = async () => {
    if (Date.now() - lookedAfter > LOOK_AFTER_MS) {
      await lookAfter();
      lookedAfter = Date.now();
    }
    return notReady(core, apps, objects);
  };
  await until(look, {
    isDone: (waiting) => waiting.length === 0,
    everyMs: LOOK_AGAIN_MS,
    withinMs: READY_WITHIN_MS,
    late: (waiting) => new UserError(`The rehearsal cluster does not become ready: ${waiting.join(", ")}`),
  });
}

async function notReady(core: CoreV1Api, apps: AppsV1Api, objects: readonly LabObject[]): Promise<string[]> {
  const nodes = (await core.listNode()).items;
  // Where nobody gives addresses there is none to wait for.
  const given = objects.some(({ kind }) => kind === "IPAddressPool");
  const services = objects.filter(({ kind, metadata }) => given && kind === "Service" && isTraefiks(metadata.labels));
  const deployments = objects.filter(({ kind }) => kind === "Deployment");
  return [
    ...nodes
      .filter((node) => !node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
      .map((node) => `node ${node.metadata?.name ?? ""} is not Ready`),
    ...(await named(services, async (name) => addressesOf(await core.readNamespacedService(name)).length > 0)).map(
      (name) => `Service ${name} has no address`,
    ),
    ...(
      await named(deployments, async (name) => {
        const { status } = await apps.readNamespacedDeployment(name);
        return (status?.readyReplicas ?? 0) > 0;
      })
    ).map((name) => `Deployment ${name} has no ready pod`),
  ];
}

const isTraefiks = (labels: LabObject["metadata"]["labels"] = {}) =>
  Object.entries(TRAEFIK_PODS).every(([key, value]) => labels[key] === value);

/** The names of those that are not as they should be. */
async function named(
  objects: readonly LabObject[],
  isWell: (name: { name: string; namespace: string }) => Promise<boolean>,
): Promise<string[]> {
  const looks = objects.map(async ({ metadata: { name, namespace = "" } }) =>
    (await isWell({ name, namespace })) ? [] : [`${namespace}/${name}`],
  );
  return (await Promise.all(looks)).flat();
}
