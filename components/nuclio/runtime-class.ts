import { RUNTIME_CLASS_LABEL } from "./names.ts";
import { isSince } from "./release.ts";

/** Since this release a function has the field `spec.runtimeClassName`. (nuclio/nuclio#4022; late-2026.md) */
const FIELD_SINCE = "1.15.20";

/** How a runtime class reached the pods of a function. */
export type RuntimeClassBy = "field" | "platform configuration" | "patch" | "hand" | "none";

/** Whether a release of Nuclio has the field; undefined where the release is not known. */
export const hasField = (nuclio: string | undefined) => isSince(nuclio, FIELD_SINCE);

/**
 * The part of Nuclio's platform configuration that gives functions labelled for a runtime class that class. Nuclio merges it into the
 * Deployment where that has no value yet, at every release known. (nuclio.md, 3b)
 */
export function augmentedConfigs(runtimeClasses: readonly string[]) {
  return [...new Set(runtimeClasses)].sort().map((runtimeClassName) => ({
    labelSelector: { matchLabels: { [RUNTIME_CLASS_LABEL]: runtimeClassName } },
    kubernetes: { deployment: { spec: { template: { spec: { runtimeClassName } } } } },
  }));
}

/** What is read of a Deployment to tell how its runtime class came about. */
export interface DeploymentView {
  spec?: { template?: { spec?: { runtimeClassName?: string } } };
  metadata?: { managedFields?: { manager?: string; fieldsV1?: object }[] };
}

/**
 * Who gave the Deployment of a function its runtime class.
 * @param spec the function's, as the dashboard gives it: a release without the field has dropped it
 * @param manager the name we patch fields under
 */
export function runtimeClassBy(
  deployment: DeploymentView | undefined,
  spec: { runtimeClassName?: string },
  manager: string,
): RuntimeClassBy {
  const runtimeClass = deployment?.spec?.template?.spec?.runtimeClassName;
  if (runtimeClass === undefined) return "none";
  if (spec.runtimeClassName === runtimeClass) return "field";
  const owners = (deployment?.metadata?.managedFields ?? [])
    .filter(({ fieldsV1 }) => ownsRuntimeClass(fieldsV1))
    .map((entry) => entry.manager ?? "");
  if (owners.includes(manager)) return "patch";
  return owners.some((owner) => owner.startsWith("kubectl")) ? "hand" : "platform configuration";
}

function ownsRuntimeClass(fields: object | undefined): boolean {
  const path = ["f:spec", "f:template", "f:spec", "f:runtimeClassName"];
  let at: unknown = fields;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !(key in at)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return true;
}
