import semver from "semver";
import { Problem, PROJECT_LABEL, type Spec } from "./function.ts";
import { checkNames, checkTypes } from "./refusals.ts";

/** A function as somebody sends it. */
export interface Sent {
  metadata?: {
    name?: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
  };
  spec?: Spec;
}

/** What is known of Nuclio itself. */
export interface Release {
  /** Of its images. */
  version: string;
  /** How images are built: `kaniko`, `buildah`, `docker`. */
  builder: string;
  /** Name of the Secret with the registry's credentials; empty: none. */
  registrySecret: string;
}

export interface Enriched {
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: Spec;
}

const RESERVED = ["dashboard", "controller", "dlx", "scaler"];
/** (nuclio/nuclio#4022) */
const RUNTIME_CLASS_SINCE = "1.15.20";

/** Fills in what the dashboard fills in. */
export function enrich(sent: Sent, release: Release): Enriched {
  const { name, labels = {}, annotations = {} } = sent.metadata ?? {};
  if (name === undefined || name === "") throw new Problem(400, "Function name must be provided in metadata");
  if (!/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name)) {
    throw new Problem(400, "Function name doesn't conform to k8s naming convention");
  }
  const spec: Spec = structuredClone(sent.spec ?? {});
  checkTypes(spec);
  const version = semver.coerce(release.version);
  if (version !== null && semver.lt(version, RUNTIME_CLASS_SINCE)) delete spec.runtimeClassName;
  spec.imagePullSecrets ??= release.registrySecret;
  spec.securityContext ??= {};
  spec.resources ??= {};
  const asked = Object.entries(spec.resources.requests ?? {}).filter(([, amount]) => !/^0+\D*$/.test(String(amount)));
  spec.resources.requests = { cpu: "25m", memory: "1Mi", ...Object.fromEntries(asked) };
  // "`python` is just an alias" (abstract/platform.go)
  if (spec.runtime === "python") spec.runtime = "python:3.9";
  if (spec.replicas === undefined) {
    spec.minReplicas ??= spec.maxReplicas ?? 1;
    spec.maxReplicas ??= spec.minReplicas;
  }
  const triggers = (spec.triggers ??= {});
  if (!Object.values(triggers).some(({ kind }) => kind === "http") && spec.disableDefaultHTTPTrigger !== true) {
    triggers["default-http"] = { name: "default-http", kind: "http" };
  }
  for (const [key, trigger] of Object.entries(triggers)) {
    trigger.name ??= key;
    trigger.numWorkers ??= trigger.maxWorkers ?? 1;
    if (trigger.kind === "http") trigger.attributes = { serviceType: "ClusterIP", ...trigger.attributes };
  }
  return { name, labels: { [PROJECT_LABEL]: "default", ...labels }, annotations, spec };
}

/**
 * Refuses what the dashboard refuses.
 * @param projects the names of the projects there are
 */
export function validate({ name, labels, spec }: Enriched, projects: readonly string[]): void {
  if (RESERVED.includes(name)) throw new Problem(412, `Function name ${name} is reserved and cannot be used.`);
  checkNames(spec);
  const triggers = Object.entries(spec.triggers ?? {});
  for (const [key, trigger] of triggers) {
    if (key === "") throw new Problem(400, "Trigger key can not be empty");
    if (key !== trigger.name) throw new Problem(400, `Trigger key and name mismatch (${key} != ${trigger.name ?? ""})`);
    const type = trigger.attributes?.serviceType ?? spec.serviceType ?? "ClusterIP";
    if (!["ClusterIP", "NodePort"].includes(type)) throw new Problem(400, `Unsupported service type ${type}`);
  }
  if (triggers.filter(([, { kind }]) => kind === "http").length > 1) {
    throw new Problem(400, "There's more than one http trigger (unsupported)");
  }
  if ((spec.minReplicas ?? 0) > (spec.maxReplicas ?? Infinity)) {
    throw new Problem(400, "Min replicas must be less than or equal to max replicas");
  }
  if (!projects.includes(labels[PROJECT_LABEL] ?? "")) throw new Problem(412, "Project does not exist");
}
