import { EVENT_TIMEOUT_LABEL, RUNTIME_CLASS_LABEL } from "./names.ts";
import { isSince } from "./release.ts";

/** Since this release a function has the field `spec.runtimeClassName`. (nuclio/nuclio#4022; late-2026.md) */
const FIELD_SINCE = "1.15.20";

/** How a runtime class reached the pods of a function. */
export type RuntimeClassBy = "field" | "platform configuration" | "patch" | "hand" | "none";

/** Whether a release of Nuclio has the field; undefined where the release is not known. */
export const hasField = (nuclio: string | undefined) => isSince(nuclio, FIELD_SINCE);

/** What a function needs of Nuclio's platform configuration where it has no field for its runtime class. */
export interface Augmented {
  runtimeClass: string;
  /** `60s`. */
  eventTimeout: string;
}

/** The labels by which the platform configuration knows such a function. */
export function augmentedLabels({ runtimeClass, eventTimeout }: Augmented): Record<string, string> {
  return { [RUNTIME_CLASS_LABEL]: runtimeClass, [EVENT_TIMEOUT_LABEL]: eventTimeout };
}

/**
 * The part of Nuclio's platform configuration that gives functions with these labels their runtime class. Nuclio merges it into the
 * Deployment where that has no value yet, at every release known. (nuclio.md, 3b) An entry says the event timeout too: Nuclio writes
 * the function's part of each entry that matches over the function, and the event timeout is the one field that is written where
 * the entry does not say it, as an empty text. (nuclio-real.md, F2; nuclio: functionres/lazy.go, functionconfig/types.go)
 */
export function augmentedConfigs(wanted: readonly Augmented[]) {
  const pairs = new Map(wanted.map((one) => [`${one.runtimeClass} ${one.eventTimeout}`, one]));
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => ({
      labelSelector: { matchLabels: augmentedLabels(one) },
      functionConfig: { spec: { eventTimeout: one.eventTimeout } },
      kubernetes: { deployment: { spec: { template: { spec: { runtimeClassName: one.runtimeClass } } } } },
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
