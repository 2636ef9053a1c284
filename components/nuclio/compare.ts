import { isDeepStrictEqual } from "node:util";
import { sameQuantity } from "../kubernetes/quantity.ts";
import { isMap } from "../maps.ts";
import type { LiveFunction } from "./client/types.ts";
import { additions, labelsBeside } from "./owned.ts";
import type { FunctionObject } from "./spec.ts";

/**
 * What Nuclio adds to a function, or writes in another way, is no difference; so what we say is compared, and what is ours as a whole is
 * looked through for what we no longer say.
 */
export function differences(wanted: FunctionObject, live: LiveFunction): string[] {
  return [
    ...within("metadata.annotations", wanted.metadata.annotations, live.metadata.annotations ?? {}),
    ...within("spec", wanted.spec, live.spec),
    ...additions(wanted, live),
  ];
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
  return isDeepStrictEqual(wanted, live) || isSameQuantity(wanted, live) ? [] : [path];
}

const isNamed = (one: unknown): one is { name: string } => isMap(one) && typeof one["name"] === "string";

const isEmpty = (map: object) => Object.keys(map).length === 0;

const isSameQuantity = (a: unknown, b: unknown) => typeof a === "string" && typeof b === "string" && sameQuantity(a, b);
