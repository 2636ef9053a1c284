/** What a part of the lab is, and so how it is drawn. */
export type Shape = "people" | "address" | "program" | "store";

/** What a preview would do to a part. */
export type Mark = "added" | "changed" | "removed" | "careful";

/** A part of the lab that a person knows by name. */
export interface GraphNode {
  /** Letters, digits and underscores. */
  id: string;
  shape: Shape;
  /** Its name, and lines of what else is to say of it. */
  lines: string[];
  /** Title of the frame it stands in. Undefined: in none. */
  frame: string | undefined;
  /** Undefined: nothing becomes of it, or nobody looked. */
  mark?: Mark;
}

/** Something goes from one part to another. */
export interface GraphEdge {
  from: string;
  to: string;
  /** What goes there. */
  what: string;
}

/** The lab as a picture. */
export interface LabGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** The id of a part that somebody named. Names that differ in other characters alone must not meet. */
export function idOf(kind: string, name: string): string {
  const coded = name.replace(/[^a-zA-Z0-9]/g, (mark) => `_${mark.codePointAt(0)?.toString(16) ?? ""}_`);
  return `${kind}_${coded}`;
}
