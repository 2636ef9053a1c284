import { isDeepStrictEqual } from "node:util";
import { isMap } from "../maps.ts";
import type { LiveFunction } from "./client/types.ts";
import type { FunctionObject } from "./spec.ts";

/** What Nuclio adds to a function, or writes in another way, is no difference; so only what we say is compared. */
export function differences(wanted: FunctionObject, live: LiveFunction): string[] {
  return [
    ...within("metadata.annotations", wanted.metadata.annotations, live.metadata.annotations ?? {}),
    ...within("spec", wanted.spec, live.spec),
  ];
}

/** Whether the labels of a function, which Nuclio never changes, are other than ours. */
export function labelsDiffer(wanted: FunctionObject, live: LiveFunction): boolean {
  return within("", wanted.metadata.labels, live.metadata.labels ?? {}).length > 0;
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
  return isDeepStrictEqual(wanted, live) || sameQuantity(wanted, live) ? [] : [path];
}

const isNamed = (one: unknown): one is { name: string } => isMap(one) && typeof one["name"] === "string";

const isEmpty = (map: object) => Object.keys(map).length === 0;

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Kubernetes writes quantities in its own way: `0.5` comes back as `500m`, `1024Mi` as `1Gi`. */
function sameQuantity(a: unknown, b: unknown): boolean {
  const [first, second] = [quantity(a), quantity(b)];
  return first !== undefined && second !== undefined && Math.abs(first - second) <= 1e-9 * Math.abs(first);
}

function quantity(value: unknown): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([numkMGT]|[KMGT]i)?$/.exec(String(value)) ?? [];
  const factor = FACTORS[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
