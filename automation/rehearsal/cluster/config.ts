import { stringify } from "yaml";
import { stages } from "./stages.ts";

/** One free port for each thing that listens. */
export interface Ports {
  etcd: number;
  etcdPeer: number;
  apiserver: number;
  controllerManager: number;
  scheduler: number;
  kwok: number;
}

/** Absolute paths of the programs that a cluster consists of. */
export type ClusterPrograms = Record<
  "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kwok" | "kubectl",
  string
>;

export interface ClusterSettings {
  /** Images, or beginnings of their names, that no pod can pull. Default: none. */
  unpullable?: readonly string[];
  /** Path of what {@link egressConfig} gives. */
  egress: string;
  /** Version of its API server: `1.36.3`. */
  kubernetes: string;
}

/** Everything that kwokctl is told, as one YAML text: the cluster and what kwok does with its objects. */
export function clusterConfig(
  programs: ClusterPrograms,
  ports: Ports,
  { unpullable, egress, kubernetes }: ClusterSettings,
): string {
  const cluster = {
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokctlConfiguration",
    options: {
      runtime: "binary",
      bindAddress: "127.0.0.1",
      kubeVersion: `v${kubernetes}`,
      // The client limits of the controllers are for clusters with neighbours; here they would only be waited for.
      disableQPSLimits: true,
      etcdBinary: programs.etcd,
      kubeApiserverBinary: programs["kube-apiserver"],
      kubeControllerManagerBinary: programs["kube-controller-manager"],
      kubeSchedulerBinary: programs["kube-scheduler"],
      kwokControllerBinary: programs.kwok,
      kubectlBinary: programs.kubectl,
      etcdPort: ports.etcd,
      etcdPeerPort: ports.etcdPeer,
      kubeApiserverPort: ports.apiserver,
      kubeControllerManagerPort: ports.controllerManager,
      kubeSchedulerPort: ports.scheduler,
      kwokControllerPort: ports.kwok,
    },
    componentsPatches: [
      // Nothing here outlives the machine, so nothing is gained by waiting for its disk.
      patch("etcd", { "unsafe-no-fsync": "true" }),
      patch("kube-apiserver", {
        // Without it the server looks for an address of the machine and does not start where there is no network.
        "advertise-address": "192.0.2.1",
        "endpoint-reconciler-type": "none",
        // The range of K3s.
        "service-cluster-ip-range": "10.43.0.0/16",
        "egress-selector-config-file": egress,
      }),
      // They have no rivals; after a kill, the lease of the killed one would be waited for.
      patch("kube-controller-manager", { "leader-elect": "false" }),
      patch("kube-scheduler", { "leader-elect": "false" }),
      // Likewise the leases of the nodes, which a killed kwok holds for minutes: nodes beat without them.
      patch("kwok-controller", { "node-lease-duration-seconds": "0" }, { override: true }),
    ],
  };
  return `${stringify(cluster)}---\n${stages(unpullable)}`;
}

/** Has the API server go through a unix socket to reach pods and nodes. (KEP-1281; k8s.io/apiserver v0.35.4, server/egressselector) */
export function egressConfig(socket: string): string {
  return stringify({
    apiVersion: "apiserver.k8s.io/v1beta1",
    kind: "EgressSelectorConfiguration",
    egressSelections: [
      {
        name: "cluster",
        connection: { proxyProtocol: "HTTPConnect", transport: { uds: { udsName: socket } } },
      },
    ],
  });
}

function patch(name: string, args: Readonly<Record<string, string>>, { override }: { override?: true } = {}) {
  return { name, extraArgs: Object.entries(args).map(([key, value]) => ({ key, value, override })) };
}
