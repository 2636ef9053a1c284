import { isMap } from "../program/maps.ts";
import type { LiveFunction } from "./client/types.ts";
import { RUNTIME_CLASS_LABEL } from "./names.ts";
import type { FunctionObject } from "./spec.ts";

interface Owned {
  /** Where it stands below `spec`. */
  path: readonly string[];
  /** Whether the code of a function that is built may bring more along: `function.yaml` in an archive does. (nuclio: build/builder.go) */
  fromCode?: true;
}

/** Maps and lists of a function that are ours as a whole: what stands there beside ours was taken out of the stack file, or is another's. */
const OWNED: readonly Owned[] = [
  { path: ["env"], fromCode: true },
  { path: ["nodeSelector"] },
  { path: ["tolerations"] },
  { path: ["volumes"] },
  { path: ["resources", "limits"] },
  { path: ["resources", "requests"] },
];

/**
 * Fields that Nuclio fills in for nobody: one that we do not say is not to be there. The two about readiness are of a time when Nuclio
 * waited for our functions.
 */
const NOT_FILLED_IN = [
  "runtimeClassName",
  "deploymentStrategy",
  "readinessTimeoutSeconds",
  "waitReadinessTimeoutBeforeFailure",
] as const;

/** Annotations that only we, or whoever deployed the function before us, say to CVAT. (spec.ts) */
const TOLD_TO_CVAT =
  /^(framework|min_pos_points|min_neg_points|startswith_box|startswith_box_optional|help_message|animated_gif|supported_shape_types)$/;

/**
 * The paths at which a live function has something that we do not say, where all that stands there is ours.
 * @param own our spec in one form, as that of `live` is
 */
export function additions(
  annotations: Readonly<Record<string, string>>,
  own: Readonly<Record<string, unknown>>,
  live: LiveFunction,
): string[] {
  const isBuilt = own["build"] !== undefined;
  return [
    ...beside(annotations, live.metadata.annotations)
      .filter((name) => TOLD_TO_CVAT.test(name))
      .map((name) => `metadata.annotations.${name}`),
    ...OWNED.filter(({ fromCode }) => !(fromCode && isBuilt)).flatMap(({ path }) =>
      beside(at(own, path), at(live.spec, path)).map((key) => `spec.${path.join(".")}[${key}]`),
    ),
    ...NOT_FILLED_IN.filter((field) => !(field in own) && isSaid(live.spec[field])).map((field) => `spec.${field}`),
  ];
}

/** Labels of ours that a live function has and should not have. That of the event timeout does nothing where no entry selects by it. */
export function labelsBeside({ metadata }: FunctionObject, live: LiveFunction): string[] {
  return beside(metadata.labels, live.metadata.labels).filter((name) => name === RUNTIME_CLASS_LABEL);
}

/** What `live` has that `wanted` has not: keys of a map, names of a list, or places where its members have none. */
function beside(wanted: unknown, live: unknown): string[] {
  const known = new Set(keysOf(wanted));
  return keysOf(live).filter((key) => !known.has(key));
}

function keysOf(value: unknown): string[] {
  if (isMap(value)) return Object.keys(value);
  if (!Array.isArray(value)) return [];
  return value.map((one, place) => (isMap(one) && typeof one["name"] === "string" ? one["name"] : String(place)));
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), value);
}

/** Whether Go would have written it: not its zero value. */
const isSaid = (value: unknown) =>
  value !== undefined && value !== null && value !== "" && value !== 0 && value !== false;
