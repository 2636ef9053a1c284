import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { SeenCluster } from "./seen.ts";

/** What every component needs to know of the cluster. Built once from the configuration, read by all. */
export interface Cluster {
  provider: k8s.Provider;
  /** Where the program itself reaches the API server, for waiting and for checks. */
  access: ClusterAccess;
  /** What was made ready in it for this run. Default: nothing. */
  prepared?: PreparedCluster;
  /** How long one component may take to become ready, in milliseconds. */
  readyTimeoutMs: number;
}

/** What a run must know of what it found. */
export interface PreparedCluster {
  /**
   * Resources, by type and logical name, whose objects carry a name of an older version. `up` has renamed them before it registers
   * anything, so there are none; a preview takes their fields over in thought.
   */
  inPlaceOfOld: ReadonlySet<string>;
  /** Claims that were never bound, and their StatefulSets, `KIND/NAME`, which this run makes again of another StorageClass. */
  madeAgain: ReadonlySet<string>;
  /** UID of Namespace kube-system, which names the cluster; undefined where it may not be read. */
  uid?: string;
  /** Namespaces that are there and stay; undefined where they may not be listed. */
  namespaces?: ReadonlySet<string>;
  /** What was seen of its network. Default: nothing, it could not be read. */
  seen?: SeenCluster;
}

export interface ClusterAccess {
  /** Path of the kubeconfig. Default: KUBECONFIG, then ~/.kube/config, as kubectl does. */
  kubeconfig?: string;
  /** Context in it. Default: its current one. */
  context?: string;
}

/** Where a namespace is. */
export interface Place extends ClusterAccess {
  namespace: string;
}

/** The same, as resources of our own provider are told it. */
export function placeOf({ access }: Pick<Cluster, "access">, namespace: pulumi.Input<string>): pulumi.Inputs {
  const { kubeconfig, context } = access;
  return {
    namespace,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}

/**
 * `connection` where the two lead to different namespaces: by which kubeconfig one is reached does not matter. A state of an older version may
 * have none.
 */
export function changedPlace(olds: { connection?: Place }, news: { connection: Place }): "connection"[] {
  return olds.connection?.namespace === news.connection.namespace ? [] : ["connection"];
}
