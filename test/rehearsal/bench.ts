import type { ChartObject } from "./small-lab.ts";

/** A small chart's objects: one of each kind that the engine or the API server treats in a way of its own. */

export function configuration(text: string): ChartObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "bench-configuration" }, data: { text } };
}

export function initializer(image: string): ChartObject {
  const spec = { restartPolicy: "OnFailure", containers: [{ name: "initializer", image }] };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "bench-initializer" },
    spec: { template: { spec } },
  };
}

/** A Role as Grafana's chart renders it. */
export const emptyRole: ChartObject = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: "bench-nothing" },
  rules: [],
};

export function data({ size = "1Gi", storageClass = "longhorn" } = {}): ChartObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "bench-data" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: storageClass,
      resources: { requests: { storage: size } },
    },
  };
}

export function store({ image = "registry.example/store:1", size = "1Gi", tier = "kvroocks" } = {}): ChartObject {
  const labels = { app: "bench-store" };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "bench-store" },
    spec: {
      serviceName: "bench-store",
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "store", image, volumeMounts: [{ name: "files", mountPath: "/files" }] }] },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: "files", labels: { tier } },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "longhorn",
            resources: { requests: { storage: size } },
          },
        },
      ],
    },
  };
}

export interface ServerOptions {
  name?: string;
  image?: string;
  runtimeClassName?: string;
  /** A claim its pods mount. */
  claim?: string;
}

export function server({
  name = "bench-server",
  image = "registry.example/server:1",
  runtimeClassName,
  claim,
}: ServerOptions = {}): ChartObject {
  const labels = { app: name };
  const volumes = claim && [{ name: "data", persistentVolumeClaim: { claimName: claim } }];
  const volumeMounts = claim && [{ name: "data", mountPath: "/data" }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { runtimeClassName, volumes, containers: [{ name: "server", image, volumeMounts }] },
      },
    },
  };
}

export function entrance(annotations: Record<string, string> = {}): ChartObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "bench-server", annotations },
    spec: {
      type: "LoadBalancer",
      selector: { app: "bench-server" },
      ports: [{ name: "http", port: 80, targetPort: 8080 }],
    },
  };
}
