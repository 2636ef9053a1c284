import { createHash } from "node:crypto";
import type { LiveFunction } from "./client/types.ts";
import { differences } from "./compare.ts";
import { HANDED_OVER } from "./names.ts";
import type { FunctionObject } from "./spec.ts";

/** A digest of a function as it is handed over, whatever the order of its keys. */
export function digestOf(wanted: FunctionObject): string {
  return createHash("sha256")
    .update(JSON.stringify(wanted, (_key, value: unknown) => sorted(value)))
    .digest("hex");
}

/** The function with the mark that tells later runs what was handed over. */
export function marked(wanted: FunctionObject): FunctionObject {
  const { metadata } = wanted;
  return {
    ...wanted,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [HANDED_OVER]: digestOf(wanted) } },
  };
}

/** The mark of what was handed over last; undefined where this program never handed it over. */
export function markOf({ metadata }: LiveFunction): string | undefined {
  return metadata.annotations?.[HANDED_OVER];
}

/**
 * In what Nuclio has something other than what is wanted. One that was handed over otherwise differs, whatever is seen of it: Nuclio fills
 * in some of what was taken out (a pull secret).
 */
export function departures(wanted: FunctionObject, live: LiveFunction): string[] {
  const mark = markOf(live);
  const otherwise = mark !== undefined && mark !== digestOf(wanted);
  return [...differences(wanted, live), ...(otherwise ? [`metadata.annotations.${HANDED_OVER}`] : [])];
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
