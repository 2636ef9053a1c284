import type { KubernetesObject } from "@kubernetes/client-node";

/**
 * What one look at the cluster gives, before anything is registered. A list is `undefined` where the kubeconfig's user may not read it: a
 * check then says nothing, and the run warns that it was not looked at. A kind that the cluster does not know gives an empty list.
 */
export interface ClusterFacts {
  /** UID of Namespace kube-system, which names a cluster for as long as it lives. */
  uid: string | undefined;
  namespaces: readonly KubernetesObject[] | undefined;
  nodes: readonly LiveNode[] | undefined;
  /** Of every namespace. */
  services: readonly LiveService[] | undefined;
  ingressClasses: readonly LiveIngressClass[] | undefined;
}

// The fields that checks read; the client's own types have hundreds, and are classes, which an answer's JSON is not.

export interface LiveNode extends KubernetesObject {
  status?: { nodeInfo?: { architecture?: string } };
}

export interface LiveService extends KubernetesObject {
  spec?: { type?: string; loadBalancerIP?: string; loadBalancerClass?: string };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

export interface LiveIngressClass extends KubernetesObject {
  spec?: { controller?: string };
}
