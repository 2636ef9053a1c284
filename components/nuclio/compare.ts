import { isDeepStrictEqual } from "node:util";
import { isMap } from "../program/maps.ts";
import type { LiveFunction } from "./client/types.ts";
import { EVENT_TIMEOUT_LABEL } from "./names.ts";
import { inOneForm } from "./one-form.ts";
import { additions, labelsBeside } from "./owned.ts";
import type { FunctionObject } from "./spec.ts";

/**
 * What Nuclio adds to a function, or writes in another way, is no difference; so what we say is compared by its meaning, and what is ours as
 * a whole is looked through for what we no longer say.
 */
export function differences(wanted: FunctionObject, live: LiveFunction): string[] {
  const [ours, theirs] = [inOneForm(said(wanted, live)), inOneForm(live.spec)];
  return [
    ...within("metadata.annotations", wanted.metadata.annotations, live.metadata.annotations ?? {}),
    ...within("spec", ours, theirs),
    ...additions(wanted.metadata.annotations, ours, { ...live, spec: theirs }),
  ];
}

/** What counts of our spec. A release without the field of the runtime class drops it; the platform configuration does it there. */
function said({ metadata, spec }: FunctionObject, live: LiveFunction): Record<string, unknown> {
  const { runtimeClassName, ...rest } = spec;
  const dropped = live.spec.runtimeClassName === undefined && EVENT_TIMEOUT_LABEL in metadata.labels;
  return runtimeClassName === undefined || dropped ? rest : { ...spec };
}

/** Whether the labels of a function, which Nuclio never changes, are other than ours. */
export function labelsDiffer(wanted: FunctionObject, live: LiveFunction): boolean {
  const lacking = within("", wanted.metadata.labels, live.metadata.labels ?? {});
  return lacking.length + labelsBeside(wanted, live).length > 0;
}

/** The paths at which something of `wanted` is not so in `live`. */
function within(path: string, wanted: unknown, live: unknown): string[] {
  if (isMap(wanted)) {
    if (!isMap(live)) return isEmpty(wanted) && live === undefined ? [] : [path];
    return Object.entries(wanted).flatMap(([key, value]) =>
      within(path === "" ? key : `${path}.${key}`, value, live[key]),
    );
  }
  if (Array.isArray(wanted)) {
    const there = Array.isArray(live) ? (live as unknown[]) : [];
    if (!wanted.every(isNamed)) return isDeepStrictEqual(wanted, there) ? [] : [path];
    return wanted.flatMap((one) =>
      within(
        `${path}[${one.name}]`,
        one,
        there.find((other) => isNamed(other) && other.name === one.name),
      ),
    );
  }
  // Left out by Go where it is the zero value.
  if (live === undefined && (wanted === "" || wanted === 0 || wanted === false)) return [];
  return isDeepStrictEqual(wanted, live) ? [] : [path];
}

const isNamed = (one: unknown): one is { name: string } => isMap(one) && typeof one["name"] === "string";

const isEmpty = (map: object) => Object.keys(map).length === 0;
