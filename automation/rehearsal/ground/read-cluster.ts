import { apiServer, listOf, Unreached, type Send } from "../../../components/kubernetes/api-server.ts";
import type { Plan } from "../../../components/lab/plan.ts";
import type { LabConfig } from "../../../components/lab/sections.ts";
import type { Devices } from "../../../components/kubernetes/devices.ts";
import { UserError } from "../../../components/program/errors.ts";
import { kubeConfig } from "../../../components/kubernetes/kube-config.ts";
import { namespacesOf } from "../../../components/lab/namespaces.ts";
import { asksForDevices } from "../../../components/preflight/devices/asked.ts";
import { offeredBy, othersPods } from "../../../components/preflight/devices/offered.ts";
import { namespacesIn } from "../../../components/preflight/notebooks.ts";
import type {
  LiveAddressPool,
  LiveIngressClass,
  LiveNode,
  LiveService,
  LiveStorageClass,
} from "../../../components/preflight/facts.ts";
import { lookAtCluster } from "../../cluster/look.ts";
import type { Likeness, LikeKind } from "./likeness.ts";
import type { LabObject } from "./object.ts";
import { notebookNamespaces } from "./notebooks.ts";
import { secretsNamed } from "./secrets.ts";

const WITHIN_MS = 10_000;
const RUNTIME_CLASSES = "/apis/node.k8s.io/v1/runtimeclasses";
/** Asks for names and labels alone, so that no secret leaves the cluster. */
const METADATA_ONLY = { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" };

/**
 * Reads what a rehearsal needs to know of the lab's own cluster. Only reads, and no Secret but for whether those that the stack file names are there.
 * @param kubeconfig path of the kubeconfig; its context is the stack's, where the stack names one
 * @throws UserError when the cluster cannot be reached
 */
export async function readCluster(kubeconfig: string, plan: Plan): Promise<Likeness> {
  const access = { kubeconfig, context: plan.lab.cluster.context };
  const send = apiServer(await kubeConfig(access));
  try {
    return await likenessOf(send, plan);
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
    throw new UserError(`--like ${kubeconfig}: ${error.message}.`, { cause: error });
  }
}

/** The same of an API server that requests are sent to. */
export async function likenessOf(send: Send, plan: Plan): Promise<Likeness> {
  const { lab } = plan;
  const [{ facts, unread }, runtimeClasses, groups, missingSecrets] = await Promise.all([
    lookAtCluster({}, { send, pods: asksForDevices(plan) }),
    listOf<LabObject & { handler?: string }>(send, RUNTIME_CLASSES, WITHIN_MS),
    groupsOf(send),
    missingAmong(send, lab),
  ]);
  const kinds: Record<string, LikeKind> = {
    nodes: "Node",
    services: "Service",
    ingressClasses: "IngressClass",
    storageClasses: "StorageClass",
    addressPools: "IPAddressPool",
  };
  const others = othersPods(facts.pods, lab);
  const there = namespacesIn(facts);
  const missingNamespaces = there ? notebookNamespaces(lab).filter((name) => !there.has(name)) : [];
  const left = new Map(offeredBy(facts.nodes ?? [], others).map(({ name, devices }) => [name, devices]));
  return {
    likeness: 1,
    ...(facts.kubernetes !== undefined && { kubernetes: facts.kubernetes }),
    unread: [
      ...unread.flatMap((name) => kinds[name] ?? []),
      ...("lacks" in runtimeClasses && runtimeClasses.lacks === "right" ? (["RuntimeClass"] as const) : []),
    ],
    groups,
    missingSecrets,
    ...(missingNamespaces.length > 0 && { missingNamespaces }),
    objects: [
      ...(facts.nodes ?? []).map((node) => nodeLike(node, left.get(node.metadata?.name ?? "") ?? {})),
      ...(facts.storageClasses ?? []).map(storageClassLike),
      ...(facts.ingressClasses ?? []).map(ingressClassLike),
      ...("items" in runtimeClasses ? runtimeClasses.items : []).map(({ metadata: { name }, handler = name }) => ({
        apiVersion: "node.k8s.io/v1",
        kind: "RuntimeClass",
        metadata: { name },
        handler,
      })),
      ...(facts.addressPools ?? []).map(poolLike),
      ...(facts.services ?? []).filter((service) => isOthers(service, lab)).map(serviceLike),
    ],
  };
}

async function groupsOf(send: Send): Promise<string[]> {
  const { status, text } = await send({ method: "GET", path: "/apis", timeoutMs: WITHIN_MS });
  if (status !== 200) throw new Unreached(`the API server answers ${status} to /apis`, { status });
  return (JSON.parse(text) as { groups: { name: string }[] }).groups.map(({ name }) => name);
}

async function missingAmong(send: Send, lab: LabConfig): Promise<string[]> {
  const looks = secretsNamed(lab).map(async ({ namespace, name }) => {
    const path = ["", "api", "v1", "namespaces", namespace, "secrets", name].map(encodeURIComponent).join("/");
    const { status } = await send({ method: "GET", path, headers: METADATA_ONLY, timeoutMs: WITHIN_MS });
    return status === 404 ? [`${namespace}/${name}`] : [];
  });
  return (await Promise.all(looks)).flat();
}

/** Traefik's Service, and those that hold an address and are none of the lab's own. */
function isOthers({ metadata, spec }: LiveService, lab: LabConfig): boolean {
  return spec?.type === "LoadBalancer" && !namespacesOf(lab).includes(metadata?.namespace ?? "");
}

function nodeLike({ metadata, spec, status }: LiveNode, devices: Devices): LabObject {
  const { taints = [], unschedulable } = spec ?? {};
  const isReady = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
  // Kubernetes' own taints say what a node is just now.
  const own = taints.filter(({ key }) => !key?.startsWith("node.kubernetes.io/"));
  const offered = {
    ...status?.allocatable,
    ...Object.fromEntries(Object.entries(devices).map(([name, amount]) => [name, String(Math.max(0, amount))])),
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: metadata?.name ?? "", labels: metadata?.labels ?? {} },
    spec: {
      ...(own.length > 0 && { taints: own.map(({ key, value, effect }) => ({ key, value, effect })) }),
      // Here every node is Ready; one that is not there takes no pod.
      ...((unschedulable === true || !isReady) && { unschedulable: true }),
    },
    status: {
      allocatable: offered,
      capacity: offered,
      nodeInfo: { architecture: status?.nodeInfo?.architecture ?? "amd64", operatingSystem: "linux" },
    },
  };
}

type Class = { metadata?: { name?: string; annotations?: Record<string, string> } };

/** The one annotation of a class that counts. */
function standard({ metadata }: Class, annotation: string): LabObject["metadata"] {
  const isStandard = metadata?.annotations?.[annotation] === "true";
  return { name: metadata?.name ?? "", ...(isStandard && { annotations: { [annotation]: "true" } }) };
}

function storageClassLike(live: LiveStorageClass): LabObject {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: standard(live, "storageclass.kubernetes.io/is-default-class"),
    provisioner: live.provisioner ?? "",
    allowVolumeExpansion: live.allowVolumeExpansion ?? false,
    reclaimPolicy: live.reclaimPolicy ?? "Delete",
    volumeBindingMode: live.volumeBindingMode ?? "Immediate",
  };
}

function ingressClassLike(live: LiveIngressClass): LabObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: standard(live, "ingressclass.kubernetes.io/is-default-class"),
    spec: { controller: live.spec?.controller ?? "" },
  };
}

function poolLike({ metadata, spec }: LiveAddressPool): LabObject {
  const { addresses, autoAssign, avoidBuggyIPs, serviceAllocation } = spec ?? {};
  return {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name: metadata?.name ?? "", namespace: metadata?.namespace ?? "" },
    spec: { addresses, autoAssign, avoidBuggyIPs, serviceAllocation },
  };
}

const ADDRESSES = "metallb.io/loadBalancerIPs";

function serviceLike({ metadata, spec, status }: LiveService): LabObject {
  const held = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  const kept = Object.entries(metadata?.annotations ?? {}).filter(([name]) =>
    /^metallb\.(io|universe\.tf)\//.test(name),
  );
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: metadata?.name ?? "",
      namespace: metadata?.namespace ?? "",
      annotations: {
        ...Object.fromEntries(kept.filter(([name]) => !name.endsWith("/ip-allocated-from-pool"))),
        // So that here it has the address it has there.
        ...(held.length > 0 && spec?.loadBalancerIP === undefined && { [ADDRESSES]: held.join(",") }),
      },
    },
    spec: {
      type: "LoadBalancer",
      loadBalancerClass: spec?.loadBalancerClass,
      loadBalancerIP: spec?.loadBalancerIP,
      ports: (spec?.ports ?? []).map(({ name, port, protocol }) => ({ name, port, protocol })),
    },
  };
}
