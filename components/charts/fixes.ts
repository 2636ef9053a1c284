import type { RenderedObject } from "../kubernetes/rendered-object.ts";

/**
 * One workaround for one chart: what it changes at render, why, where that is known from, and how to tell whether it is still needed.
 * Fixes are applied in table order by a transform on `helm.v4.Chart`, so pods never start without them.
 */
export interface Fix {
  /** Stable name shown in the ledger, kebab-case. */
  id: string;
  /** What goes wrong without it, in one sentence. */
  why: string;
  /** Where that is known from: an issue number, a file and version, or a measurement in docs. */
  source: string;
  /** Whether this object is one the fix is about. */
  matches(object: RenderedObject): boolean;
  /** Whether this object, as rendered, still needs the change. */
  stillNeeded(object: RenderedObject): boolean;
  /** Changes the object in place. Called only when `stillNeeded`. Must make `stillNeeded` false. */
  apply(object: RenderedObject): void;
}
