/** What is known of the cluster's own network before a run. A list is undefined where it could not be read. */
export interface SeenCluster {
  services: readonly SeenService[] | undefined;
  nodes: readonly SeenNode[] | undefined;
}

export interface SeenService {
  namespace: string;
  name: string;
  type: string;
  /** Every address by which it is reached: inside the cluster, of a load balancer, of others. */
  addresses: readonly string[];
  ports: readonly SeenPort[];
  /** Labels of the pods behind it. Undefined: somebody says otherwise what is behind it. */
  selector: Readonly<Record<string, string>> | undefined;
  /** The name that it stands for, of type ExternalName. */
  externalName: string | undefined;
}

export interface SeenPort {
  port: number;
  /** Port of the pods, or its name there. */
  targetPort: number | string;
  protocol: "TCP" | "UDP";
  /** Port by which every node leads there. Undefined: none does. */
  nodePort?: number | undefined;
}

export interface SeenNode {
  name: string;
  /** Addresses of its own. */
  addresses: readonly string[];
  /** Ranges of which its pods have theirs: `10.42.1.0/24`. */
  podRanges: readonly string[];
  /** Whether the API server runs there. */
  isControlPlane: boolean;
}
