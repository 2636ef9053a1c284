import semver from "semver";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { podTemplate, type Container, type PodTemplate } from "../../charts/pods.ts";
import { imageVersion } from "../images.ts";

/** Whether an object is of one tier of CVAT's own: backend, frontend, kvrocks. Subcharts' objects are of none. */
export function isTier(object: RenderedObject, tier: string): boolean {
  return object.metadata.labels?.app === "cvat-app" && object.metadata.labels.tier === tier;
}

/** Whether a container's image is older than a release. A tag that names no release counts as `otherwise`. */
export function isOlder({ image = "" }: Container, release: string, otherwise: string): boolean {
  return semver.lt(imageVersion(image) ?? otherwise, release);
}

/** The template of a workload's pods, with metadata to write into. @throws Error where it makes no pods */
export function templateOf(object: RenderedObject): Required<PodTemplate> {
  const template = podTemplate(object);
  if (template?.spec === undefined) throw new Error(`${object.kind} ${object.metadata.name} has no pod`);
  template.metadata ??= {};
  return template as Required<PodTemplate>;
}
