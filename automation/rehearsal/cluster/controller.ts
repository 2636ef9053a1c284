/**
 * The part of a rehearsal cluster that gives addresses: Services of type LoadBalancer get theirs as from MetalLB,
 * Ingresses of class traefik get that of Traefik's Service. It also connects the API server with what stands for pods (tunnel.ts). A process
 * of its own, so that a kept cluster works on.
 *
 * Argument: the kubeconfig in the cluster's home. It ends when the home is gone.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  type Informer,
  type KubernetesListObject,
  type KubernetesObject,
  type ObjectCache,
  type V1Service,
} from "@kubernetes/client-node";
import { allocate } from "./addresses.ts";
import type { LabObject } from "./lab.ts";
import { addressClaim, addressesOf, keyOf, servedByTraefik, type IpAddressPool } from "./services.ts";
import { serveTunnel } from "./tunnel.ts";

const AFTER_A_CHANGE_MS = 20;
const AFTER_AN_ERROR_MS = 500;
const STILL_NEEDED_MS = 5_000;
const MERGE_PATCH = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

const [kubeconfigFile = ""] = process.argv.slice(2);
// Started beside the cluster, not after it: loading the client library takes as long as the API server does.
while (!existsSync(kubeconfigFile)) await pause(AFTER_A_CHANGE_MS);
const kubeconfig = new KubeConfig();
kubeconfig.loadFromFile(kubeconfigFile);
const core = kubeconfig.makeApiClient(CoreV1Api);
const networking = kubeconfig.makeApiClient(NetworkingV1Api);
const objects = KubernetesObjectApi.makeApiClient(kubeconfig);
const custom = kubeconfig.makeApiClient(CustomObjectsApi);
await serveTunnel(path.dirname(kubeconfigFile), kubeconfig);

/** What has been listed once. */
const listed = new Set<string>();
const services = watched("/api/v1/services", () => core.listServiceForAllNamespaces());
const ingresses = watched("/apis/networking.k8s.io/v1/ingresses", () => networking.listIngressForAllNamespaces());
const pools = watched<IpAddressPool>(
  "/apis/metallb.io/v1beta1/ipaddresspools",
  () =>
    custom.listClusterCustomObject({ group: "metallb.io", version: "v1beta1", plural: "ipaddresspools" }) as Promise<
      KubernetesListObject<IpAddressPool>
    >,
);
/** The last thing said about a Service, so that it is said once. */
const said = new Map<string, string>();
let timer: NodeJS.Timeout | undefined;
let working: Promise<void> = Promise.resolve();

// A cluster that is gone takes its folder along.
setInterval(() => {
  if (!existsSync(path.dirname(kubeconfigFile))) process.exit(0);
}, STILL_NEEDED_MS);

function watched<T extends KubernetesObject>(
  url: string,
  list: () => Promise<KubernetesListObject<T>>,
): Informer<T> & ObjectCache<T> {
  const informer = makeInformer(kubeconfig, url, async () => {
    const all = await list();
    listed.add(url);
    soon();
    return all;
  });
  const start = () => void informer.start().catch(again);
  const again = () => setTimeout(start, AFTER_AN_ERROR_MS);
  informer.on("change", soon);
  informer.on("error", again);
  start();
  return informer;
}

/** Looks at everything once more, when the changes that come together are in. */
function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    working = working.then(settle).catch((error: unknown) => {
      // Somebody else was faster, or the object is gone: the next look sees it as it is.
      console.error(error instanceof Error ? error.message : error);
      setTimeout(soon, AFTER_AN_ERROR_MS);
    });
  }, AFTER_A_CHANGE_MS);
}

async function settle(): Promise<void> {
  // Before the pools and all Services are known, an address that is held would look like one that may not be.
  if (listed.size < 3) return;
  const byKey = new Map(oldestFirst(services.list()).map((service) => [keyOf(service), service]));
  const claims = [...byKey.values()].flatMap((service) => addressClaim(service) ?? []);
  const pool = pools.list().flatMap(({ spec }) => spec?.addresses ?? []);
  for (const decision of allocate(claims, pool)) {
    const service = byKey.get(decision.key);
    if (!service) continue;
    if ("ignored" in decision) {
      await setAddresses(service, []);
    } else if ("problem" in decision) {
      await setAddresses(service, []);
      await say(
        service,
        "Warning",
        "AllocationFailed",
        `Failed to allocate IP for "${decision.key}": ${decision.problem}`,
      );
    } else {
      await setAddresses(service, decision.addresses);
      await say(service, "Normal", "IPAllocated", `Assigned IP ["${decision.addresses.join('" "')}"]`);
    }
  }
  const traefik = services.get("traefik", "kube-system");
  if (traefik) await giveToIngresses(addressesOf(traefik));
}

function oldestFirst<T extends KubernetesObject>(objects: readonly T[]): T[] {
  // A list gives dates, a watch texts.
  const age = (object: T) => new Date(object.metadata?.creationTimestamp ?? 0).getTime();
  return [...objects].sort((a, b) => age(a) - age(b) || keyOf(a).localeCompare(keyOf(b)));
}

async function setAddresses(service: V1Service, addresses: readonly string[]): Promise<void> {
  if (same(addressesOf(service), addresses)) return;
  const { name, namespace } = named(service);
  await core.patchNamespacedServiceStatus({ name, namespace, body: status(addresses) }, MERGE_PATCH);
}

async function giveToIngresses(addresses: readonly string[]): Promise<void> {
  for (const ingress of ingresses.list().filter(servedByTraefik)) {
    if (same(addressesOf(ingress), addresses)) continue;
    const { name, namespace } = named(ingress);
    await networking.patchNamespacedIngressStatus({ name, namespace, body: status(addresses) }, MERGE_PATCH);
  }
}

function status(addresses: readonly string[]) {
  return { status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } } };
}

function named(object: KubernetesObject): { name: string; namespace: string; uid: string } {
  const metadata = object.metadata;
  return { name: metadata?.name ?? "", namespace: metadata?.namespace ?? "", uid: metadata?.uid ?? "" };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

async function say(service: V1Service, type: string, reason: string, message: string): Promise<void> {
  const { name, namespace, uid } = named(service);
  if (said.get(uid) === message) return;
  said.set(uid, message);
  const now = new Date();
  const event: LabObject = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${uid}.${now.getTime().toString(16)}`, namespace },
    involvedObject: { apiVersion: "v1", kind: "Service", name, namespace, uid },
    type,
    reason,
    message,
    source: { component: "metallb-controller" },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
  await objects.create(event);
}
