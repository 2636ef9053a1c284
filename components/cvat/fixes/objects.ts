import semver from "semver";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import type { Container } from "../../charts/pods.ts";
import { imageVersion } from "../images.ts";

/** Whether an object is of one tier of CVAT's own: backend, frontend, kvrocks. Subcharts' objects are of none. */
export function isTier(object: RenderedObject, tier: string): boolean {
  return object.metadata.labels?.app === "cvat-app" && object.metadata.labels.tier === tier;
}

/** Whether a container's image is older than a release. A tag that names no release counts as `otherwise`. */
export function isOlder({ image = "" }: Container, release: string, otherwise: string): boolean {
  return semver.lt(imageVersion(image) ?? otherwise, release);
}
