import { isMap, mapsIn } from "../../../components/program/maps.ts";
import { valueAt } from "../../engine/changes.ts";
import type { Given, Step } from "../../engine/steps.ts";
import { becomes } from "./finding.ts";

/** Where a workload's pod template stands, by kind. */
const TEMPLATES: Readonly<Record<string, string>> = {
  Deployment: "spec.template",
  StatefulSet: "spec.template",
  DaemonSet: "spec.template",
  Job: "spec.template",
  CronJob: "spec.jobTemplate.spec.template",
};
/** Kinds that keep their pods running, and start them anew when their template changes. */
const KEPT_RUNNING = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** The pod template of a workload; undefined for what is none. */
export function templateOf({ type, kind }: Step, given: Step["before"]): Given | undefined {
  const path = type.startsWith("kubernetes:") ? TEMPLATES[kind] : undefined;
  const template = path === undefined ? undefined : valueAt(given, path);
  return isMap(template) ? template : undefined;
}

/** Whether pods that run now are started anew. */
export function restarts(step: Step): boolean {
  if (!KEPT_RUNNING.has(step.kind) || step.before === undefined) return false;
  if (becomes(step, "replace")) return true;
  const template = TEMPLATES[step.kind] ?? "";
  return step.change?.fields.some(({ path }) => path === template || path.startsWith(`${template}.`)) ?? false;
}

/** An image that a container has another of. */
export interface ImageMove {
  from: string;
  to: string;
}

/** The images of a workload that are others, of containers that it had and has. */
export function imageMoves(step: Step): ImageMove[] {
  const before = imagesOf(step, step.before);
  return [...imagesOf(step, step.after)].flatMap(([container, to]) => {
    const from = before.get(container);
    return from === undefined || from === to ? [] : [{ from, to }];
  });
}

/** Images of a workload's containers, by the container's name. */
function imagesOf(step: Step, given: Step["before"]): Map<string, string> {
  return new Map(
    containersIn(templateOf(step, given)?.["spec"]).flatMap(({ name, image }) =>
      typeof image === "string" ? [[String(name), image] as const] : [],
    ),
  );
}

/** How a workload's pods read a Secret: when they start, or as a file that follows; undefined where they do not. */
export function readingOf(step: Step, secret: string): "at start" | "as a file" | undefined {
  const spec = templateOf(step, step.after)?.["spec"];
  if (!isMap(spec)) return undefined;
  const references = containersIn(spec).flatMap(({ env, envFrom }) => [
    ...mapsIn(env).map((one) => valueAt(one, "valueFrom.secretKeyRef.name")),
    ...mapsIn(envFrom).map((one) => valueAt(one, "secretRef.name")),
  ]);
  if (references.includes(secret)) return "at start";
  const volumes = mapsIn(spec["volumes"]).flatMap((volume) => [
    valueAt(volume, "secret.secretName"),
    ...mapsIn(valueAt(volume, "projected.sources")).map((source) => valueAt(source, "secret.name")),
  ]);
  return volumes.includes(secret) ? "as a file" : undefined;
}

const containersIn = (spec: unknown) =>
  isMap(spec) ? [...mapsIn(spec["initContainers"]), ...mapsIn(spec["containers"])] : [];
