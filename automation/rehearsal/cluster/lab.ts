import { BlockList } from "node:net";
import { TRAEFIK_CONTROLLER } from "./traefik.ts";

/** An object as it is applied. */
export interface LabObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

export interface LabOptions {
  /** Addresses that Services may have, as MetalLB takes them: CIDRs and ranges (`a-b`). Default: {@link poolWith} of none. */
  addresses?: readonly string[];
  /** What its node with the GPU has besides, by resource name. Default: nothing. */
  devices?: Readonly<Record<string, number>>;
  /** What else is there. Default: nothing. */
  more?: readonly LabObject[];
}

/** The node with the GPU, and what it calls it. */
export const GPU_NODE = "gpu-node";
export const LAB_GPU = "nvidia.com/gpu";

/** Where K3s has Traefik. */
export const TRAEFIK_SERVICE = { name: "traefik", namespace: "kube-system" } as const;
export const TRAEFIK_CLASS = "traefik";

/** Where MetalLB and its objects are. */
export const METALLB_NAMESPACE = "metallb-system";

/** Ranges for documentation (RFC 5737): no lab has them, so the example stack does. */
const DOCUMENTATION_RANGES = ["198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24"];

/**
 * The pool of a lab whose stack asks for these addresses: the documentation ranges, and each address outside of them by itself. MetalLB takes
 * no bare address and no two entries that overlap. (addresses-and-kubernetes.md, 1F)
 */
export function poolWith(asked: readonly string[]): string[] {
  const documented = new BlockList();
  for (const range of DOCUMENTATION_RANGES) {
    const [network = "", length] = range.split("/");
    documented.addSubnet(network, Number(length));
  }
  const others = [...new Set(asked)].filter((address) => !documented.check(address));
  return [...DOCUMENTATION_RANGES, ...others.map((address) => `${address}/32`)];
}

/** The objects that a K3s lab has before anything of ours is installed: nodes, storage, Traefik, MetalLB, GPU runtime. */
export function labObjects({ addresses = poolWith([]), devices = {}, more = [] }: LabOptions = {}): LabObject[] {
  return [
    node(GPU_NODE, {
      labels: { "nvidia.com/gpu.present": "true" },
      resources: Object.fromEntries(
        Object.entries({ [LAB_GPU]: 1, ...devices }).map(([name, amount]) => [name, String(amount)]),
      ),
      control: true,
    }),
    node("worker-1"),
    node("worker-2"),
    namespace("kube-system"),
    namespace(METALLB_NAMESPACE),
    ...longhorn(),
    { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "nvidia" }, handler: "nvidia" },
    customResource("traefik.io", "v1alpha1", "Middleware", "middlewares"),
    customResource("traefik.io", "v1alpha1", "ServersTransport", "serverstransports"),
    customResource("metallb.io", "v1beta1", "IPAddressPool", "ipaddresspools"),
    customResource("metallb.io", "v1beta1", "L2Advertisement", "l2advertisements"),
    customResource("metallb.io", "v1beta1", "ConfigurationState", "configurationstates", "status"),
    ...traefik(),
    // .0 and .255 are nothing a person would expect; MetalLB gives them unless told otherwise.
    metallb("IPAddressPool", { addresses: [...addresses], autoAssign: true, avoidBuggyIPs: true }),
    metallb("L2Advertisement", { ipAddressPools: ["lab"] }),
    ...more,
  ];
}

interface NodeOptions {
  labels?: Record<string, string>;
  resources?: Record<string, string>;
  control?: boolean;
}

function node(name: string, { labels = {}, resources = {}, control = false }: NodeOptions = {}): LabObject {
  // `ephemeral-storage` is asked for by charts; a node that does not offer it takes none of their pods.
  const offered = { cpu: "64", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "250", ...resources };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        ...(control ? { "node-role.kubernetes.io/control-plane": "true" } : {}),
        ...labels,
      },
    },
    status: {
      allocatable: offered,
      capacity: offered,
      nodeInfo: {
        architecture: "amd64",
        bootID: "",
        containerRuntimeVersion: "kwok://0.8.0",
        kernelVersion: "",
        kubeProxyVersion: "",
        kubeletVersion: "v1.35.4+k3s1",
        machineID: "",
        operatingSystem: "linux",
        osImage: "rehearsal",
        systemUUID: "",
      },
    },
  };
}

function namespace(name: string): LabObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function longhorn(): LabObject[] {
  return [
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "longhorn", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "driver.longhorn.io",
      allowVolumeExpansion: true,
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name: "driver.longhorn.io" },
      // At home Longhorn attaches its volumes. Here nothing would ever say that one is attached.
      spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ["Persistent"] },
    },
  ];
}

function traefik(): LabObject[] {
  const metadata = { ...TRAEFIK_SERVICE, labels: TRAEFIK_PODS };
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: TRAEFIK_CLASS, annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
      spec: { controller: TRAEFIK_CONTROLLER },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: TRAEFIK_PODS },
        template: {
          metadata: { labels: TRAEFIK_PODS },
          spec: { containers: [{ name: "traefik", image: "rancher/mirrored-library-traefik:3.6.2" }] },
        },
      },
    },
    traefikService(TRAEFIK_SERVICE.namespace, TRAEFIK_SERVICE.name),
  ];
}

const TRAEFIK_PODS = { "app.kubernetes.io/name": "traefik" };

/** A Service of Traefik's pods, as its chart makes it. */
export function traefikService(namespace: string, name: string): LabObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, labels: TRAEFIK_PODS },
    spec: {
      type: "LoadBalancer",
      selector: TRAEFIK_PODS,
      ports: [
        { name: "web", port: 80, protocol: "TCP", targetPort: "web" },
        { name: "websecure", port: 443, protocol: "TCP", targetPort: "websecure" },
      ],
    },
  };
}

/** A definition that takes anything under one field, which must be there. */
function customResource(group: string, version: string, kind: string, plural: string, field = "spec"): LabObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              required: [field],
              properties: {
                // The client library spells x-kubernetes-preserve-unknown-fields so, and drops what it does not know.
                [field]: { type: "object", x_kubernetes_preserve_unknown_fields: true },
              },
            },
          },
        },
      ],
    },
  };
}

function metallb(kind: string, spec: Record<string, unknown>): LabObject {
  return { apiVersion: "metallb.io/v1beta1", kind, metadata: { name: "lab", namespace: METALLB_NAMESPACE }, spec };
}
