import type { KubernetesObject } from "@kubernetes/client-node";
import type { ConfigurationState } from "../kubernetes/metallb-state.ts";
import type { Resources } from "../schema/pods.ts";
import type { Taint } from "./taints.ts";

/**
 * What one look at the cluster gives, before anything is registered. A list is `undefined` where the kubeconfig's user may not read it: a
 * check then says nothing, and the run warns that it was not looked at. A kind that the cluster does not know gives an empty list.
 */
export interface ClusterFacts {
  /** UID of Namespace kube-system, which names a cluster for as long as it lives. */
  uid: string | undefined;
  /** Its version: `v1.36.3+k3s1`. */
  kubernetes: string | undefined;
  namespaces: readonly KubernetesObject[] | undefined;
  nodes: readonly LiveNode[] | undefined;
  /** Of every namespace. */
  services: readonly LiveService[] | undefined;
  /** Of every namespace. */
  claims: readonly LiveClaim[] | undefined;
  ingressClasses: readonly LiveIngressClass[] | undefined;
  storageClasses: readonly LiveStorageClass[] | undefined;
  /** MetalLB's, of every namespace. */
  addressPools: readonly LiveAddressPool[] | undefined;
  /** What MetalLB says of its configuration, since 0.16. */
  configurationStates: readonly ConfigurationState[] | undefined;
  /** The DaemonSets by which K3s' ServiceLB gives nodes' addresses to Services. */
  serviceLb: readonly KubernetesObject[] | undefined;
  /** Those of the Secrets of CVAT's certificate which are there: the edge's, and what that is copied from. */
  tlsSecrets: readonly LiveSecret[] | undefined;
  /** Those of the Secrets that services of others are signed in to by which are there. */
  serviceSecrets: readonly LiveSecret[] | undefined;
  /** Of every namespace, where the lab asks for devices such as GPUs. */
  pods: readonly LivePod[] | undefined;
  /** Of every namespace, where CVAT's routes belong to a Gateway. */
  gateways: readonly LiveGateway[] | undefined;
  /** The same. */
  gatewayClasses: readonly LiveGatewayClass[] | undefined;
  /** Lists whose kind the cluster does not know. */
  unknownKinds: readonly string[];
}

// The fields that checks read; the client's own types have hundreds, and are classes, which an answer's JSON is not.

export interface LiveNode extends KubernetesObject {
  spec?: { unschedulable?: boolean; taints?: Taint[]; podCIDR?: string; podCIDRs?: string[] };
  status?: {
    addresses?: { type?: string; address?: string }[];
    nodeInfo?: { architecture?: string };
    /** What the kubelet gives to pods, all together. */
    allocatable?: Readonly<Record<string, string>>;
    conditions?: { type?: string; status?: string }[];
  };
}

export interface LivePod extends KubernetesObject {
  spec?: { nodeName?: string; containers?: { resources?: Resources }[] };
  status?: { phase?: string };
}

export interface LiveService extends KubernetesObject {
  spec?: {
    type?: string;
    loadBalancerIP?: string;
    loadBalancerClass?: string;
    ports?: { name?: string; port?: number; protocol?: string; targetPort?: number | string; nodePort?: number }[];
    selector?: Record<string, string>;
    clusterIP?: string;
    clusterIPs?: string[];
    externalIPs?: string[];
    externalName?: string;
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

export interface LiveClaim extends KubernetesObject {
  spec?: { storageClassName?: string; volumeName?: string };
  status?: { phase?: string };
}

export interface LiveAddressPool extends KubernetesObject {
  spec?: {
    addresses?: string[];
    autoAssign?: boolean;
    avoidBuggyIPs?: boolean;
    serviceAllocation?: { namespaces?: string[]; namespaceSelectors?: unknown[]; serviceSelectors?: unknown[] };
  };
}

export interface LiveSecret extends KubernetesObject {
  data?: Readonly<Record<string, string>>;
}

export interface LiveIngressClass extends KubernetesObject {
  spec?: { controller?: string };
}

export interface LiveGateway extends KubernetesObject {
  spec?: { gatewayClassName?: string };
}

export interface LiveGatewayClass extends KubernetesObject {
  spec?: { controllerName?: string };
}

export interface LiveStorageClass extends KubernetesObject {
  provisioner?: string;
  allowVolumeExpansion?: boolean;
  reclaimPolicy?: string;
  volumeBindingMode?: string;
}
