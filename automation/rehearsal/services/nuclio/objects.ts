import { stringify } from "yaml";
import { fillEmpty, selects, type PlatformConfig } from "./augment.ts";
import type { NuclioFunctionObject, Spec } from "./function.ts";
import type { Stored } from "./kube.ts";

/** The objects the controller makes of a function. (nuclio: functionres/lazy.go) */
export const HTTP_PORT = 8080;

const CLASS_LABELS = { "nuclio.io/class": "function", "nuclio.io/app": "functionres" };

interface DeploymentObject extends Stored {
  spec: {
    strategy?: { type?: string; rollingUpdate?: object };
    template: { metadata?: object; spec: Record<string, unknown> & { containers: Record<string, unknown>[] } };
    [field: string]: unknown;
  };
}

export const objectName = (name: string) => `nuclio-${name}`;

/** Labels that selectors of the platform configuration see: not the function's name. */
export function selectorLabels(fn: NuclioFunctionObject): Record<string, string> {
  return { ...fn.metadata.labels, ...CLASS_LABELS };
}

export function labelsOf(fn: NuclioFunctionObject): Record<string, string> {
  return {
    ...selectorLabels(fn),
    "nuclio.io/function-name": fn.metadata.name,
    "nuclio.io/function-version": "latest",
  };
}

function metadata(fn: NuclioFunctionObject): Stored["metadata"] {
  return { name: objectName(fn.metadata.name), namespace: fn.metadata.namespace, labels: labelsOf(fn) };
}

export function configMap(fn: NuclioFunctionObject): object {
  const { name, namespace, annotations } = fn.metadata;
  const config = { metadata: { name, namespace, labels: labelsOf(fn), annotations }, spec: fn.spec };
  return { metadata: metadata(fn), data: { "processor.yaml": stringify(config) } };
}

/** @param existing its ports are kept where a port was given by the API server */
export function service(fn: NuclioFunctionObject, existing: Stored | undefined): Stored {
  const attributes = Object.values(fn.spec.triggers ?? {}).find(({ kind }) => kind === "http")?.attributes;
  const type = attributes?.serviceType ?? fn.spec.serviceType ?? "ClusterIP";
  const nodePort = type === "NodePort" && attributes?.port ? { nodePort: attributes.port } : {};
  const spec = {
    ...(existing?.["spec"] as object | undefined),
    type,
    selector: labelsOf(fn),
    ports: [{ name: "http", port: HTTP_PORT, ...nodePort }],
  };
  return { apiVersion: "v1", kind: "Service", ...existing, metadata: existing?.metadata ?? metadata(fn), spec };
}

/** The Deployment of a function as it is to be, from the one there is: what the controller does not know stays. */
export function deployment(
  fn: NuclioFunctionObject,
  platform: PlatformConfig,
  existing: Stored | undefined,
): DeploymentObject {
  const fresh = freshDeployment(fn);
  const next = existing === undefined ? fresh : updated(existing as DeploymentObject, fresh, fn.spec);
  const augmenting = (platform.functionAugmentedConfigs ?? []).filter((entry) => selects(entry, selectorLabels(fn)));
  const specs = augmenting.map(({ kubernetes }) => kubernetes?.deployment?.spec ?? {});
  const decided = fn.spec.deploymentStrategy !== undefined || specs.some((spec) => spec["strategy"] !== undefined);
  if (fn.spec.deploymentStrategy !== undefined) next.spec.strategy = fn.spec.deploymentStrategy;
  for (const from of specs) next.spec = fillEmpty(next.spec, from);
  if (!decided) {
    const type = gpus(fn.spec) > 0 ? "Recreate" : "RollingUpdate";
    if (next.spec.strategy?.type !== type) next.spec.strategy = { type };
  }
  return next;
}

function gpus({ resources }: Spec): number {
  return Number(resources?.limits?.["nvidia.com/gpu"] ?? 0);
}

/** The fields an update sets; every other stays. (nuclio.md, 3c) */
function updated(existing: DeploymentObject, fresh: DeploymentObject, { serviceAccount }: Spec): DeploymentObject {
  const next = structuredClone(existing);
  next.metadata.annotations = fresh.metadata.annotations;
  next.spec["replicas"] = fresh.spec["replicas"];
  const template = next.spec.template;
  template.metadata = {
    ...template.metadata,
    annotations: (fresh.spec.template.metadata as { annotations: object }).annotations,
  };
  const [container = {}] = template.spec.containers;
  const [made = {}] = fresh.spec.template.spec.containers;
  // Of the containers that others put beside it, none is left.
  template.spec.containers = [{ ...container, ...made }];
  for (const key of ["volumes", "securityContext", "tolerations", "affinity", "nodeSelector", "priorityClassName"]) {
    template.spec[key] = fresh.spec.template.spec[key];
  }
  if (serviceAccount) template.spec["serviceAccountName"] = serviceAccount;
  if (fresh.spec.template.spec["imagePullSecrets"]) {
    template.spec["imagePullSecrets"] = fresh.spec.template.spec["imagePullSecrets"];
  }
  return next;
}

function freshDeployment(fn: NuclioFunctionObject): DeploymentObject {
  const { spec } = fn;
  const annotations = fn.metadata.annotations ?? {};
  const pod = {
    "nuclio.io/image-hash": spec.imageHash ?? "",
    "kubectl.kubernetes.io/default-container": "nuclio",
    ...annotations,
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      ...metadata(fn),
      annotations: {
        ...(spec.description && { description: spec.description }),
        "nuclio.io/function-config": JSON.stringify(spec),
        "nuclio.io/controller-version": "rehearsal",
        ...annotations,
      },
    },
    spec: {
      selector: { matchLabels: labelsOf(fn) },
      replicas: spec.disable ? 0 : (spec.replicas ?? spec.minReplicas ?? 1),
      template: {
        metadata: { labels: labelsOf(fn), annotations: pod },
        spec: {
          containers: [container(fn)],
          volumes: volumes(fn.metadata.name),
          serviceAccountName: spec.serviceAccount,
          securityContext: spec.securityContext,
          affinity: spec.affinity,
          tolerations: spec.tolerations,
          nodeSelector: spec.nodeSelector,
          priorityClassName: spec.priorityClassName,
          runtimeClassName: spec.runtimeClassName,
          ...(spec.imagePullSecrets && { imagePullSecrets: [{ name: spec.imagePullSecrets }] }),
        },
      },
    },
  };
}

function container({ metadata: { name }, spec }: NuclioFunctionObject): Record<string, unknown> {
  return {
    name: "nuclio",
    image: spec.image,
    imagePullPolicy: spec.imagePullPolicy ?? "Always",
    resources: spec.resources,
    env: [
      ...(spec.env ?? []),
      { name: "NUCLIO_FUNCTION_NAME", value: name },
      { name: "NUCLIO_FUNCTION_VERSION", value: "latest" },
      { name: "NUCLIO_FUNCTION_INSTANCE", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ],
    ports: [{ name: "http", containerPort: HTTP_PORT, protocol: "TCP" }],
    readinessProbe: {
      httpGet: { port: HTTP_PORT, path: "/__internal/health" },
      initialDelaySeconds: 5,
      periodSeconds: 1,
      failureThreshold: 10,
    },
    livenessProbe: {
      httpGet: { port: 8082, path: "/live" },
      initialDelaySeconds: 10,
      timeoutSeconds: 3,
      periodSeconds: 5,
    },
    volumeMounts: [
      { name: "processor-config-volume", mountPath: "/etc/nuclio/config/processor" },
      { name: "platform-config-volume", mountPath: "/etc/nuclio/config/platform" },
    ],
  };
}

function volumes(name: string): object[] {
  return [
    { name: "processor-config-volume", configMap: { name: objectName(name) } },
    { name: "platform-config-volume", configMap: { name: "nuclio-platform-config", optional: true } },
  ];
}
