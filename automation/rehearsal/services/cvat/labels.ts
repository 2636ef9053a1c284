import { refuse } from "./answers.ts";
import type { Asked } from "./asked.ts";
import type { StoredLabel } from "./store.ts";

const TYPES = ["any", "rectangle", "polygon", "mask", "tag", "skeleton", "ellipse", "points", "polyline", "cuboid"];

/** The labels of a new project or task. (4.1, 4.2) */
export function labelsIn(
  { store }: Asked,
  given: unknown,
  owner: Pick<StoredLabel, "project_id" | "task_id">,
): StoredLabel[] {
  const labels = (given ?? []) as { name: string; type?: string; color?: string; attributes?: unknown[] }[];
  if (new Set(labels.map(({ name }) => name)).size < labels.length)
    throw refuse(400, ["All label names must be unique"]);
  const unknown = labels.find(({ type = "any" }) => !TYPES.includes(type));
  if (unknown) throw refuse(400, { labels: [{ type: [`"${unknown.type ?? ""}" is not a valid choice.`] }] });
  return labels.map(({ name, type = "any", color = "", attributes = [] }) => {
    const id = store.next("labels");
    return {
      id,
      name,
      type,
      color: color || `#${((id * 4_649_999) % 0xffffff).toString(16).padStart(6, "0")}`,
      attributes,
      ...owner,
    };
  });
}

export function shownLabel({ id, name, color, type, attributes, project_id, task_id }: StoredLabel) {
  const owner = project_id === null ? { task_id } : { project_id };
  return { id, name, color, type, attributes, sublabels: [], has_parent: false, parent_id: null, ...owner };
}
