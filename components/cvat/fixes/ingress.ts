import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import type { Annotations } from "../ingress.ts";

/** @param annotations what each Ingress carries, by its name. */
export function ingressFixes(annotations: Record<string, Annotations>): Fix[] {
  const missing = (object: RenderedObject) =>
    Object.entries(annotations[object.metadata.name] ?? {}).filter(
      ([key, value]) => object.metadata.annotations?.[key] !== value,
    );
  return [
    {
      id: "ingress-middlewares",
      why: "Charts before 2.56 annotate no single Ingress, and without its Middleware anyone is Grafana's anonymous user.",
      source: "cvat.md section 1.5; analytics.ingress.annotations since chart 2.56.0 (cvat-ai/cvat#10231)",
      matches: (object) => object.kind === "Ingress" && object.metadata.name in annotations,
      stillNeeded: (object) => missing(object).length > 0,
      apply: (object) => {
        object.metadata.annotations = { ...object.metadata.annotations, ...Object.fromEntries(missing(object)) };
      },
    },
    {
      id: "ingress-any-host",
      why: "Without a host name the chart renders an empty `host`; a rule for any host has none.",
      source: "helm-chart/templates/ingress.yaml of charts 0.15.0 to 2.64.0, rendered with ingress.hostname empty",
      matches: (object) => object.kind === "Ingress",
      stillNeeded: (object) => rulesOf(object).some((rule) => "host" in rule && !rule.host),
      apply: (object) => {
        for (const rule of rulesOf(object)) if (!rule.host) delete rule.host;
      },
    },
  ];
}

function rulesOf(object: RenderedObject): { host?: string | null }[] {
  return (object.spec as { rules?: { host?: string | null }[] }).rules ?? [];
}
