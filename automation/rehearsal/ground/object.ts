/** An object as it is applied. */
export interface LabObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** Objects of a lab's cluster that a rehearsal takes to be there, and what a person is told of them, each in one line. */
export interface Ground {
  objects: readonly LabObject[];
  notes: readonly string[];
}

export function namespace(name: string): LabObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** Objects as they are in the lab's own cluster, told in one line: `Nodes, as in your cluster: atlas, vega`. */
export function asRead(objects: readonly LabObject[], kinds: string): Ground {
  const names = objects.map(({ metadata }) => metadata.name);
  return { objects, notes: [`${kinds}, as in your cluster: ${names.join(", ") || "none"}`] };
}
