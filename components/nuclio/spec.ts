import { bytesOf, millisecondsOf } from "../schema/values.ts";
import { AUTHORITY_FILE, authorityVolume } from "../storage/authority.ts";
import type { BuildConfig } from "./build-config.ts";
import type { FunctionConfig } from "./function-config.ts";
import type { LabelAttribute, LabelEntry } from "./label-config.ts";
import { PROJECT, PROJECT_LABEL, RUNTIME_CLASS_LABEL } from "./names.ts";
import type { FunctionPlan } from "./plan.ts";
import { augmentedLabels } from "./runtime-class.ts";

/** A function as the dashboard takes it. */
export interface FunctionObject {
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  spec: FunctionSpec;
}

/** What we say of a function. (nuclio.md, 2a) */
export interface FunctionSpec {
  description: string;
  handler: string;
  runtime: string;
  image?: string;
  build?: Record<string, unknown>;
  env: EnvVariable[];
  resources: { requests?: Record<string, string>; limits?: Record<string, string> };
  replicas: number;
  minReplicas: number;
  maxReplicas: number;
  triggers: Record<string, object>;
  nodeSelector: Record<string, string>;
  tolerations: object[];
  runtimeClassName?: string;
  volumes?: { volume: object; volumeMount: object }[];
  imagePullPolicy: string;
  imagePullSecrets?: string;
  disable: false;
  eventTimeout: string;
  deploymentStrategy?: { type: "Recreate" };
}

export interface EnvVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

/** Where a function finds its model. */
export interface ModelStore {
  /** `http://192.0.2.30:9000`. */
  endpoint: string;
  region: string;
  /** Secret with `accessKey` and `secretKey`, in the functions' namespace. */
  secret: string;
  /** ConfigMap with the certificates of the store's private authority, in the same namespace. Default: public ones are enough. */
  authority?: string | undefined;
}

export interface FunctionContext {
  namespace: string;
  /** Needed where the function has a `model`. */
  store?: ModelStore;
  /** Whether this Nuclio has the field `runtimeClassName`; undefined: not known, and one without it drops it. */
  hasField: boolean | undefined;
}

/** Keys of the Secret with the key to the model. */
export const MODEL_SECRET_KEYS = { accessKey: "accessKey", secretKey: "secretKey" } as const;

/** The function's whole description for Nuclio, with everything that CVAT reads of it. */
export function functionObject(name: string, plan: FunctionPlan, context: FunctionContext): FunctionObject {
  return {
    metadata: {
      name,
      namespace: context.namespace,
      labels: {
        [PROJECT_LABEL]: PROJECT,
        ...classLabels(plan, context),
      },
      annotations: annotations(name, plan),
    },
    spec: spec(name, plan, context),
  };
}

/** A changed event timeout has the function made anew where it stands in a label, for Nuclio never changes one. */
function classLabels({ config, runtimeClass }: FunctionPlan, { hasField }: FunctionContext): Record<string, string> {
  if (runtimeClass === undefined) return {};
  return hasField === true
    ? { [RUNTIME_CLASS_LABEL]: runtimeClass }
    : augmentedLabels({ runtimeClass, eventTimeout: config.timeouts.event });
}

/**
 * What CVAT reads of a function. Without `type` it leaves the function out, without annotations at all its whole list fails.
 * (cvat: lambda_manager/views.py, LambdaFunction; cvat-rest-measured.md, 9.3)
 */
function annotations(name: string, { config, labels }: FunctionPlan): Record<string, string> {
  const { interactor, tracker } = config;
  return {
    name: config.displayName ?? name,
    type: config.kind,
    spec: JSON.stringify(labels.map((label, id) => labelSpec(label, id, config.kind))),
    ...(config.framework === undefined ? {} : { framework: config.framework }),
    ...(interactor && {
      min_pos_points: String(interactor.minPosPoints),
      min_neg_points: String(interactor.minNegPoints),
      // CVAT takes any text for true, "false" too.
      ...(interactor.startsWithBox && { startswith_box: "true" }),
      ...(interactor.startsWithBoxOptional && { startswith_box_optional: "true" }),
      ...(interactor.helpMessage !== "" && { help_message: interactor.helpMessage }),
      ...(interactor.animatedGif !== "" && { animated_gif: interactor.animatedGif }),
    }),
    ...(tracker && { supported_shape_types: tracker.shapeTypes.join(",") }),
  };
}

/** One label with all that CVAT reads of it. (cvat: lambda_manager/views.py, parse_labels) */
function labelSpec(label: LabelEntry, id: number, kind: FunctionConfig["kind"]) {
  const { name, type, attributes, sublabels, svg } = typeof label === "string" ? { name: label } : label;
  return {
    ...{ id, name, type: type ?? (kind === "detector" ? "rectangle" : "any") },
    ...(attributes && { attributes: attributes.map(attributeSpec) }),
    ...(svg !== undefined && { svg }),
    ...(sublabels && {
      sublabels: sublabels.map((part, place) => ({
        ...{ id: place, name: part.name, type: part.type },
        ...(part.attributes && { attributes: part.attributes.map(attributeSpec) }),
      })),
    }),
  };
}

const attributeSpec = ({ name, input_type, values }: LabelAttribute) => ({ name, input_type, values });

function spec(name: string, plan: FunctionPlan, context: FunctionContext): FunctionSpec {
  const { config, runtimeClass } = plan;
  const { gpu, resources, timeouts, replicas } = config;
  const limits = { ...resources?.limits, ...(gpu && { [gpu.resource]: String(gpu.count) }) };
  return {
    description: config.description,
    handler: config.handler,
    runtime: config.runtime,
    ...(config.image === undefined ? {} : { image: config.image }),
    ...(config.build && { build: build(config.build) }),
    env: [...modelEnvironment(name, config, context), ...variables(config.env)],
    resources: {
      ...(resources?.requests && { requests: resources.requests }),
      ...(Object.keys(limits).length > 0 && { limits }),
    },
    replicas,
    minReplicas: replicas,
    maxReplicas: replicas,
    triggers: trigger(config),
    nodeSelector: config.nodeSelector,
    tolerations: config.tolerations,
    ...(runtimeClass !== undefined && context.hasField !== false && { runtimeClassName: runtimeClass }),
    ...(config.model && context.store?.authority !== undefined && { volumes: [authorityOf(context.store.authority)] }),
    imagePullPolicy: config.pullPolicy,
    ...(config.registrySecret === undefined ? {} : { imagePullSecrets: config.registrySecret }),
    // Said, so that one that somebody switched off in Nuclio's own pages is switched on again.
    disable: false,
    eventTimeout: timeouts.event,
    ...(needsRecreate(plan) && { deploymentStrategy: { type: "Recreate" as const } }),
  };
}

/**
 * Whether we must have the old pod end before the new one starts, or the new one waits for ever for the GPU that the old one holds. For
 * `nvidia.com/gpu` Nuclio does so by itself; other names, and a GPU by runtime class alone, it does not know. (nuclio.md, 7)
 */
function needsRecreate({ config, devices }: FunctionPlan): boolean {
  if (Object.keys(devices).length > 0) return !("nvidia.com/gpu" in devices);
  return config.runtimeClass !== undefined;
}

function trigger({ workers, timeouts, maxRequestBodySize }: FunctionConfig): Record<string, object> {
  return {
    http: {
      name: "http",
      kind: "http",
      numWorkers: workers,
      workerAvailabilityTimeoutMilliseconds: millisecondsOf(timeouts.worker),
      attributes: { serviceType: "ClusterIP", maxRequestBodySize: bytesOf(maxRequestBodySize) },
    },
  };
}

function build({ source, image, baseImage, commands, timeout }: BuildConfig): Record<string, unknown> {
  return {
    path: source.url,
    ...(source.kind !== "file" && { codeEntryType: source.kind }),
    codeEntryAttributes: {
      ...(source.branch === undefined ? {} : { branch: source.branch }),
      ...(source.tag === undefined ? {} : { tag: source.tag }),
      ...(source.reference === undefined ? {} : { reference: source.reference }),
      ...(source.folder === undefined ? {} : { workDir: source.folder }),
    },
    image,
    ...(baseImage === undefined ? {} : { baseImage }),
    commands,
    buildTimeoutSeconds: millisecondsOf(timeout) / 1000,
  };
}

function modelEnvironment(name: string, { model, env }: FunctionConfig, { store }: FunctionContext): EnvVariable[] {
  if (!model) return [];
  if (!store) throw new Error(`function ${name} has a model and no object store was given`);
  const fromSecret = (key: string) => ({ secretKeyRef: { name: store.secret, key } });
  return [
    ...variables({
      MODEL_S3_URL: `s3://${model.bucket}/${model.key}`,
      ...(model.sha256 === undefined ? {} : { MODEL_SHA256: model.sha256 }),
      S3_ENDPOINT: store.endpoint,
      S3_REGION: store.region,
      // One of the function's own counts.
      ...(store.authority === undefined || "AWS_CA_BUNDLE" in env ? {} : { AWS_CA_BUNDLE: AUTHORITY_FILE }),
    }),
    { name: "AWS_ACCESS_KEY_ID", valueFrom: fromSecret(MODEL_SECRET_KEYS.accessKey) },
    { name: "AWS_SECRET_ACCESS_KEY", valueFrom: fromSecret(MODEL_SECRET_KEYS.secretKey) },
  ];
}

/** In Nuclio's form: each volume with its mount. */
function authorityOf(configMap: string) {
  const { volume, mount } = authorityVolume(configMap);
  return { volume, volumeMount: mount };
}

function variables(env: Readonly<Record<string, string>>): EnvVariable[] {
  return Object.entries(env).map(([name, value]) => ({ name, value }));
}
