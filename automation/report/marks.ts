import type { Operation } from "../engine/changes.ts";

/** The sign of what happens to an object. */
export const MARKS: Record<Operation, string> = {
  create: "+",
  update: "~",
  replace: "±",
  delete: "-",
  keep: "=",
  import: "↧",
};
