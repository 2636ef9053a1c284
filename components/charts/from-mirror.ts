import { isAt, mirrored, type Mirror } from "../images/mirror.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import { everyContainer, podTemplate } from "./pods.ts";

/** What stands in an environment and is an image: Nuclio's dashboard starts pods of these. (nuclio chart: dashboard deployment) */
const NAMES_AN_IMAGE = /_CONTAINER_IMAGE$/;

/** Has a rendered object take its images from a mirror. Changes it in place. */
export function fromMirror(object: RenderedObject, mirror: Mirror): void {
  for (const container of everyContainer(object)) {
    if (container.image !== undefined) container.image = mirrored(container.image, mirror);
    for (const variable of container.env ?? [])
      if (NAMES_AN_IMAGE.test(variable.name) && variable.value) variable.value = mirrored(variable.value, mirror);
  }
  const pod = podTemplate(object)?.spec;
  if (pod === undefined || mirror.pullSecret === undefined) return;
  const name = mirror.pullSecret;
  const pulls = everyContainer(object).some(({ image = "" }) => isAt(image, mirror.place));
  const there = pod.imagePullSecrets ?? [];
  if (pulls && !there.some((secret) => secret.name === name)) pod.imagePullSecrets = [...there, { name }];
}

/** The images that a rendered object names, each once. */
export function imagesIn(object: RenderedObject): string[] {
  const images = everyContainer(object).flatMap(({ image, env }) => [
    ...(image === undefined ? [] : [image]),
    ...(env ?? []).flatMap(({ name, value }) => (NAMES_AN_IMAGE.test(name) && value ? [value] : [])),
  ]);
  return [...new Set(images)];
}
