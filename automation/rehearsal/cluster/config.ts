import { stringify } from "yaml";
import { keyFiles } from "./keys.ts";
import { etcdFolder, kubeconfigFile, partsFile, type Part } from "./parts.ts";
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
  "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kwok",
  string
>;

export interface ClusterPlace {
  /** Absolute path of the folder with all that the parts have on disk. */
  folder: string;
  /** Path of what {@link egressConfig} gives. */
  egress: string;
}

/** How each part of a cluster is started, all on loopback. */
export function clusterParts(programs: ClusterPrograms, ports: Ports, { folder, egress }: ClusterPlace): Part[] {
  const { ca, certificate, key } = keyFiles(folder);
  const kubeconfig = kubeconfigFile(folder);
  const etcd = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  const controller = {
    kubeconfig,
    "authorization-always-allow-paths": "/healthz,/readyz,/livez,/metrics",
    "bind-address": "127.0.0.1",
    // The limits of clients are for clusters with neighbours; here they would only be waited for.
    "kube-api-qps": 5000,
    "kube-api-burst": 10_000,
    // They have no rivals; after a kill, the lease of the killed one would be waited for.
    "leader-elect": false,
  };
  return [
    part(folder, "etcd", programs.etcd, {
      name: "node0",
      "data-dir": etcdFolder(folder),
      "auto-compaction-retention": 1,
      "quota-backend-bytes": 8 * 1024 ** 3,
      "initial-advertise-peer-urls": peer,
      "listen-peer-urls": peer,
      "advertise-client-urls": etcd,
      "listen-client-urls": etcd,
      "initial-cluster": `node0=${peer}`,
      // Nothing here outlives the machine, so nothing is gained by waiting for its disk.
      "unsafe-no-fsync": true,
    }),
    part(folder, "kube-apiserver", programs["kube-apiserver"], {
      "etcd-servers": etcd,
      "allow-privileged": true,
      "max-requests-inflight": 0,
      "max-mutating-requests-inflight": 0,
      "enable-priority-and-fairness": false,
      "authorization-mode": "Node,RBAC",
      "bind-address": "127.0.0.1",
      "secure-port": ports.apiserver,
      "tls-cert-file": certificate,
      "tls-private-key-file": key,
      "client-ca-file": ca,
      "service-account-key-file": key,
      "service-account-signing-key-file": key,
      "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
      "proxy-client-cert-file": certificate,
      "proxy-client-key-file": key,
      // Without it the server looks for an address of the machine and does not start where there is no network.
      "advertise-address": "192.0.2.1",
      "endpoint-reconciler-type": "none",
      // The range of K3s.
      "service-cluster-ip-range": "10.43.0.0/16",
      "egress-selector-config-file": egress,
    }),
    part(folder, "kube-controller-manager", programs["kube-controller-manager"], {
      ...controller,
      "secure-port": ports.controllerManager,
      "root-ca-file": ca,
      "service-account-private-key-file": key,
      // Five times the pause between two heartbeats of kwok's nodes.
      "node-monitor-period": "25s",
      "node-monitor-grace-period": "3m20s",
    }),
    part(folder, "kube-scheduler", programs["kube-scheduler"], { ...controller, "secure-port": ports.scheduler }),
    part(folder, "kwok-controller", programs.kwok, {
      "manage-all-nodes": true,
      kubeconfig,
      config: partsFile(folder),
      "tls-cert-file": certificate,
      "tls-private-key-file": key,
      "node-ip": "",
      "node-name": "localhost",
      "node-port": ports.kwok,
      "server-address": `127.0.0.1:${ports.kwok}`,
      // A killed kwok would hold leases for minutes: nodes beat without them.
      "node-lease-duration-seconds": 0,
    }),
  ];
}

/** What stands in a cluster's folder as `kwok.yaml`: its parts, in kwokctl's words, and what kwok does with its objects. */
export function clusterConfig(
  components: readonly Part[],
  unpullable: readonly string[] = [],
  forwards: readonly PodForward[] = [],
  logs: readonly PodLogs[] = [],
): string {
  const cluster = { apiVersion: "config.kwok.x-k8s.io/v1alpha1", kind: "KwokctlConfiguration", components };
  const documents = [cluster, ...forwards.map(clusterPortForward), ...logs.map(clusterLogs)];
  const texts = documents.map((document) => stringify(document, { aliasDuplicateObjects: false }));
  return [...texts, stages(unpullable)].join("---\n");
}

/** Where a port-forward to a pod ends: kwok is the kubelet, and the pod runs nothing. */
export interface PodForward {
  namespace: string;
  /** Port of the pods. */
  port: number;
  /** Port on 127.0.0.1 of what stands for them. */
  to: number;
}

/** A file that is the log of every container of a name: pods run nothing that kwok sees. */
export interface PodLogs {
  container: string;
  file: string;
}

function clusterLogs({ container, file }: PodLogs) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterLogs",
    metadata: { name: container },
    spec: { logs: [{ containers: [container], logsFile: file, follow: true }] },
  };
}

function clusterPortForward({ namespace, port, to }: PodForward) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterPortForward",
    metadata: { name: `${namespace}-${port}` },
    spec: {
      selector: { matchNamespaces: [namespace] },
      forwards: [{ ports: [port], target: { address: "127.0.0.1", port: to } }],
    },
  };
}

/** The kubeconfig of a cluster, of its administrator. */
export function kubeconfigText(folder: string, name: string, { apiserver }: Pick<Ports, "apiserver">): string {
  const { ca, certificate, key } = keyFiles(folder);
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: `https://127.0.0.1:${apiserver}`, "certificate-authority": ca } }],
    users: [{ name, user: { "client-certificate": certificate, "client-key": key } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
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

function part(
  workDir: string,
  name: string,
  binary: string,
  args: Readonly<Record<string, string | number | boolean>>,
): Part {
  return { name, binary, args: Object.entries(args).map(([key, value]) => `--${key}=${value}`), workDir };
}
