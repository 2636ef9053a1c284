/** A Kubernetes object as a chart renders it, before it is registered. */
export interface RenderedObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  // Charts render every kind; a fix narrows what it touches.
  [field: string]: unknown;
}
