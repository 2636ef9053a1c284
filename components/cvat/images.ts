import semver from "semver";
import { parseImage } from "../images/reference.ts";

/** An image as charts want it: `image: repository`, `tag: tag`. */
export interface ImageParts {
  repository: string;
  /** Tag, with the digest if the reference has one: `v2.64.0@sha256:...`. */
  tag: string;
}

/** Takes `registry:5000/cvat/server:v2.64.0` apart, one that {@link imageProblem} has nothing against. */
export function imageParts(reference: string): ImageParts {
  const { registry, path = "", tag = "", digest } = parseImage(reference) ?? {};
  return {
    repository: registry === undefined ? path : `${registry}/${path}`,
    tag: digest === undefined ? tag : `${tag}@${digest}`,
  };
}

/** The release an image is of, by its tag (`v2.39.0`, `2.14.1-debian`), or undefined where the tag names none. */
export function imageVersion(reference: string): string | undefined {
  const { tag = "" } = parseImage(reference) ?? {};
  return /^v?\d+\.\d+\.\d+/.test(tag) ? semver.coerce(tag)?.version : undefined;
}

/** What is wrong with an image reference that a stack names, or undefined. */
export function imageProblem(reference: string): string | undefined {
  const image = parseImage(reference);
  if (!image) return "is no image reference; write REPOSITORY:TAG";
  if (image.tag === undefined) return "has no tag, which means latest, a different image tomorrow; name a version";
  if (image.tag === "latest") return "is latest, a different image tomorrow; name a version";
  return undefined;
}
