import type { LabConfig } from "../../../components/lab/sections.ts";
import type { Likeness } from "./likeness.ts";
import { namespace, type Ground } from "./object.ts";

/** Namespaces that the stack file names for notebooks, each once. */
export const notebookNamespaces = ({ discovery }: LabConfig): string[] => [
  ...new Set((discovery?.notebooks ?? []).map((one) => one.namespace)),
];

/** They are taken to be there, unless the lab's own cluster is known and has them not. */
export function notebooks(lab: LabConfig, likeness: Likeness | undefined): Ground {
  const found = notebookNamespaces(lab).filter((name) => !likeness?.missingNamespaces?.includes(name));
  return {
    objects: found.map(namespace),
    notes: found.map((name) => `Namespace ${name} of notebooks; at home it may be missing, and gets nothing then`),
  };
}
