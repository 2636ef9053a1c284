import { isMap, mapsIn } from "../../../components/program/maps.ts";
import { valueAt } from "../../engine/changes.ts";
import type { Step } from "../../engine/steps.ts";
import { ofEach, type FindingRow } from "./finding.ts";

/** Annotations by which a Service asks for an address. (MetalLB: service annotations, the older ones too) */
const ASKED = ["metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs"];
const REACHED_FROM_OUTSIDE = new Set(["LoadBalancer", "NodePort"]);

/** Where the lab can be reached. */
export const ADDRESS_ROWS: readonly FindingRow[] = [
  {
    id: "route-opens",
    severity: "careful",
    title: "a route opens",
    find: ofEach((step) => {
      const had = new Set(routesIn(step, step.before));
      const more = routesIn(step, step.after).filter((route) => !had.has(route));
      return more.length > 0 ? `opens ${more.join(", ")}` : undefined;
    }),
  },
  {
    id: "service-opens",
    severity: "careful",
    title: "a Service opens",
    find: ofEach((step) => {
      const [before, after] = [reach(step.before), reach(step.after)];
      if (step.kind !== "Service" || after === undefined || before !== undefined) return undefined;
      return `can be reached from outside the cluster: its type is ${after}`;
    }),
  },
  {
    id: "address-moves",
    severity: "careful",
    title: "an address moves",
    find: ofEach((step) => {
      const [before, after] = [addressIn(step.before), addressIn(step.after)];
      if (!/^Service(Patch)?$/.test(step.kind) || after === undefined || before === after) return undefined;
      return before === undefined ? `gets the address ${after}` : `moves from ${before} to ${after}`;
    }),
  },
];

function routesIn({ kind }: Step, given: Step["before"]): string[] {
  if (kind === "IngressRoute") return mapsIn(valueAt(given, "spec.routes")).map(({ match }) => String(match));
  if (kind !== "Ingress") return [];
  return mapsIn(valueAt(given, "spec.rules")).flatMap((rule) => {
    const paths = mapsIn(valueAt(rule, "http.paths"));
    const host = typeof rule["host"] === "string" ? rule["host"] : "every host";
    return (paths.length > 0 ? paths : [{}]).map(
      (one: Record<string, unknown>) => `${host}${typeof one["path"] === "string" ? one["path"] : "/"}`,
    );
  });
}

function reach(given: Step["before"]): string | undefined {
  const type = valueAt(given, "spec.type");
  return typeof type === "string" && REACHED_FROM_OUTSIDE.has(type) ? type : undefined;
}

function addressIn(given: Step["before"]): string | undefined {
  const annotations = valueAt(given, "metadata.annotations");
  const asked = isMap(annotations) ? ASKED.map((key) => annotations[key]) : [];
  return [...asked, valueAt(given, "spec.loadBalancerIP")].find((one) => typeof one === "string");
}
