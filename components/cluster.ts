import type * as k8s from "@pulumi/kubernetes";

/** What every component needs to know of the cluster. Built once from the configuration, read by all. */
export interface Cluster {
  provider: k8s.Provider;
  /** Where the program itself reaches the API server, for waiting and for checks. */
  access: ClusterAccess;
  /** StorageClass of every claim that names none. */
  storageClass: string;
  /** IngressClass of every Ingress that names none. */
  ingressClass: string;
  /** How long one component may take to become ready, in milliseconds. */
  readyTimeoutMs: number;
}

export interface ClusterAccess {
  /** Path of the kubeconfig. Default: KUBECONFIG, then ~/.kube/config, as kubectl does. */
  kubeconfig?: string;
  /** Context in it. Default: its current one. */
  context?: string;
}
