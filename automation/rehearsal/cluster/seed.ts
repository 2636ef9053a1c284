import { setTimeout as pause } from "node:timers/promises";
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
} from "@kubernetes/client-node";
import pRetry from "p-retry";
import { UserError } from "../../../components/errors.ts";
import { labObjects, type LabObject, type LabOptions } from "./lab.ts";
import { addressesOf } from "./services.ts";

const FIELD_MANAGER = "rehearsal-lab";
const LOOK_AGAIN_MS = 100;
const READY_WITHIN_MS = 60_000;

/**
 * Puts the lab's objects into the cluster and waits until its nodes are Ready and Traefik has its address. May be done
 * again: what others changed in these objects stays.
 * @throws UserError when the lab is not ready within a minute
 */
export async function seed(kubeconfigFile: string, options: LabOptions = {}): Promise<void> {
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromFile(kubeconfigFile);
  const client = KubernetesObjectApi.makeApiClient(kubeconfig);
  const objects = labObjects(options);
  await Promise.all(objects.filter(isGround).map((object) => apply(client, object)));
  await Promise.all(objects.filter((object) => !isGround(object)).map((object) => apply(client, object)));
  await ready(kubeconfig);
}

/** What other objects are put into, or are instances of. */
function isGround({ kind }: LabObject): boolean {
  return ["Node", "Namespace", "CustomResourceDefinition"].includes(kind);
}

async function apply(client: KubernetesObjectApi, object: LabObject): Promise<void> {
  // A kind whose definition was applied a moment ago is served a moment later; what is refused stays refused.
  await pRetry(() => client.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply), {
    retries: 20,
    minTimeout: 50,
    maxTimeout: 500,
    shouldRetry: ({ error }) => !(error instanceof ApiException && [400, 422].includes(error.code)),
  });
}

async function ready(kubeconfig: KubeConfig): Promise<void> {
  const core = kubeconfig.makeApiClient(CoreV1Api);
  const apps = kubeconfig.makeApiClient(AppsV1Api);
  const end = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const waiting = await notReady(core, apps);
    if (waiting.length === 0) return;
    if (Date.now() > end) throw new UserError(`The rehearsal cluster does not become ready: ${waiting.join(", ")}`);
    await pause(LOOK_AGAIN_MS);
  }
}

async function notReady(core: CoreV1Api, apps: AppsV1Api): Promise<string[]> {
  const nodes = (await core.listNode()).items;
  const traefik = { name: "traefik", namespace: "kube-system" };
  const service = await core.readNamespacedService(traefik);
  const deployment = await apps.readNamespacedDeployment(traefik);
  return [
    ...nodes
      .filter((node) => !node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
      .map((node) => `node ${node.metadata?.name ?? ""} is not Ready`),
    ...(addressesOf(service).length > 0 ? [] : ["Traefik's Service has no address"]),
    ...(deployment.status?.readyReplicas ? [] : ["Traefik's Deployment has no ready pod"]),
  ];
}
