/**
 * The part of a rehearsal cluster that gives addresses: Services of type LoadBalancer get theirs as from MetalLB, Ingresses that Traefik
 * serves get that of Traefik's Service. It also connects the API server with what stands for pods (tunnel.ts), and runs pods that can be
 * processes of this machine (pods/run.ts). A process of its own, so that a kept cluster works on.
 *
 * Argument: the kubeconfig in the cluster's home. It ends when the home is gone.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  AppsV1Api,
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
import { METALLB_NAMESPACE } from "../ground/addresses.ts";
import type { LabObject } from "../ground/object.ts";
import { allocate, type Decision, type Said } from "./metallb/allocate.ts";
import { addressClaim, FROM_POOL_ANNOTATION } from "./metallb/claim.ts";
import { configurationOf, sizeOf, type IpAddressPool, type Pool } from "./metallb/configuration.ts";
import { addressesOf, keyOf } from "./services.ts";
import { publishedService, servedByTraefik } from "../ground/traefik.ts";
import { runPods } from "./pods/run.ts";
import { serveTunnel } from "./tunnel.ts";

const AFTER_A_CHANGE_MS = 20;
const AFTER_AN_ERROR_MS = 500;
const STILL_NEEDED_MS = 5_000;
const METALLB = { group: "metallb.io", version: "v1beta1" };
const MERGE_PATCH = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

const [kubeconfigFile = ""] = process.argv.slice(2);
// Started beside the cluster, not after it: loading the client library takes as long as the API server does.
const kubeconfig = new KubeConfig();
kubeconfig.loadFromFile(kubeconfigFile);
const core = kubeconfig.makeApiClient(CoreV1Api);
const networking = kubeconfig.makeApiClient(NetworkingV1Api);
const apps = kubeconfig.makeApiClient(AppsV1Api);
const objects = KubernetesObjectApi.makeApiClient(kubeconfig);
const custom = kubeconfig.makeApiClient(CustomObjectsApi);
await serveTunnel(path.dirname(kubeconfigFile), kubeconfig);
runPods(path.dirname(kubeconfigFile), kubeconfig);

/** What has been listed once. */
const listed = new Set<string>();
const services = watched("/api/v1/services", () => core.listServiceForAllNamespaces());
const ingresses = watched("/apis/networking.k8s.io/v1/ingresses", () => networking.listIngressForAllNamespaces());
const pools = watched<IpAddressPool>(
  "/apis/metallb.io/v1beta1/ipaddresspools",
  () =>
    custom.listClusterCustomObject({ ...METALLB, plural: "ipaddresspools" }) as Promise<
      KubernetesListObject<IpAddressPool>
    >,
);
const classes = watched("/apis/networking.k8s.io/v1/ingressclasses", () => networking.listIngressClass());
const deployments = watched("/apis/apps/v1/deployments", () => apps.listDeploymentForAllNamespaces());
const WATCHED = 5;
/** The last things said about a Service, so that they are said once. */
const said = new Map<string, string>();
/** The last good pools; undefined: there were none yet. */
let inForce: readonly Pool[] | undefined;
/** What was last said of the pools. */
let judged: string | undefined;
/** Part of an event's name: also after this process was started anew no two are alike. */
let eventNumber = Date.now() * 1000;
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
  if (listed.size < WATCHED) return;
  await judgePools();
  const byKey = new Map(oldestFirst(services.list()).map((service) => [keyOf(service), service]));
  const claims = [...byKey.values()].flatMap((service) => addressClaim(service) ?? []);
  const decisions = inForce === undefined ? [] : allocate(claims, inForce);
  for (const decision of decisions) {
    const service = byKey.get(decision.key);
    if (!service) continue;
    await give(service, decision);
    await say(service, decision.events);
  }
  await countIn(decisions);
  const published = publishedService(deployments.list());
  const traefik = published && services.get(published.name, published.namespace);
  if (traefik) await giveToIngresses(addressesOf(traefik));
}

/** Takes the pools as they are, or stays with the last good ones and says why, as MetalLB does where no webhook refuses them before. */
async function judgePools(): Promise<void> {
  const found = configurationOf(oldestFirst(pools.list()));
  if ("pools" in found) inForce = found.pools;
  const errorSummary = "problem" in found ? `configuration error: ${found.problem}` : "";
  if (judged === errorSummary) return;
  const state: LabObject = {
    apiVersion: "metallb.io/v1beta1",
    kind: "ConfigurationState",
    metadata: {
      name: "controller",
      namespace: METALLB_NAMESPACE,
      labels: { "metallb.io/component-type": "controller" },
    },
    status: { result: errorSummary === "" ? "Valid" : "Invalid", errorSummary },
  };
  await objects.patch(state, undefined, undefined, "metallb-controller", true, PatchStrategy.ServerSideApply);
  judged = errorSummary;
}

/** Each pool says what of it is given. (metallb: controller/pool_status_reconciler.go; addresses-and-kubernetes.md, 2) */
async function countIn(decisions: readonly Decision[]): Promise<void> {
  for (const pool of inForce ?? []) {
    const object = pools.list().find(({ metadata }) => metadata?.name === pool.name);
    const given = new Set(decisions.filter((one) => one.pool === pool.name).flatMap(({ addresses }) => addresses));
    const status = {
      assignedIPv4: given.size,
      availableIPv4: sizeOf(pool) - given.size,
      assignedIPv6: 0,
      availableIPv6: 0,
    };
    if (object === undefined || isDeepStrictEqual(object.status, status)) continue;
    const { name, namespace } = named(object);
    await custom.patchNamespacedCustomObjectStatus(
      { ...METALLB, plural: "ipaddresspools", namespace, name, body: { status } },
      MERGE_PATCH,
    );
  }
}

function oldestFirst<T extends KubernetesObject>(objects: readonly T[]): T[] {
  // A list gives dates, a watch texts.
  const age = (object: T) => new Date(object.metadata?.creationTimestamp ?? 0).getTime();
  return [...objects].sort((a, b) => age(a) - age(b) || keyOf(a).localeCompare(keyOf(b)));
}

async function give(service: V1Service, { addresses, pool }: Decision): Promise<void> {
  const noted = service.metadata?.annotations?.[FROM_POOL_ANNOTATION];
  if (same(addressesOf(service), addresses) && noted === pool) return;
  const { name, namespace } = named(service);
  const body = { metadata: { annotations: { [FROM_POOL_ANNOTATION]: pool ?? null } }, ...status(addresses) };
  await core.patchNamespacedServiceStatus({ name, namespace, body, fieldManager: "metallb-controller" }, MERGE_PATCH);
}

async function giveToIngresses(addresses: readonly string[]): Promise<void> {
  // Traefik: "Skipping updating Ingress ... due to service ... having no status set". (addresses-and-kubernetes.md)
  if (addresses.length === 0) return;
  const traefiks = classes.list();
  for (const ingress of ingresses.list().filter((one) => servedByTraefik(one, traefiks))) {
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

async function say(service: V1Service, events: readonly Said[]): Promise<void> {
  const { name, namespace, uid } = named(service);
  const text = JSON.stringify(events);
  if (said.get(uid) === text) return;
  said.set(uid, text);
  for (const { type, reason, message } of events) {
    const now = new Date();
    const event: LabObject = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${uid}.${(eventNumber++).toString(16)}`, namespace },
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
}
