/** Labels as Kubernetes recommends them. (kubernetes.io: Recommended Labels) */
export function labelsOf(name: string, component: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": "cvat",
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "vision-platform",
    "app.kubernetes.io/managed-by": "vision-platform",
  };
}

/** Those by which a Deployment and a Service know their pods: they never change. */
export function selectorOf(labels: Record<string, string>): Record<string, string> {
  const stable = ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"];
  return Object.fromEntries(Object.entries(labels).filter(([key]) => stable.includes(key)));
}
