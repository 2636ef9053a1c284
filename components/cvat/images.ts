import semver from "semver";
import { isImageReference } from "../images/reference.ts";

/** An image reference taken apart, as charts want it: `image: repository`, `tag: tag`. */
export interface ImageParts {
  repository: string;
  /** Tag, with the digest if the reference has one: `v2.64.0@sha256:...`. Empty without a tag. */
  tag: string;
}

const REFERENCE = /^(?<repository>[^@\s]+?)(?::(?<tag>[\w][\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?))?$/;

/** Takes `registry:5000/cvat/server:v2.64.0` apart. Text that is no image reference has neither part. */
export function imageParts(reference: string): ImageParts {
  const groups = REFERENCE.exec(reference)?.groups;
  return { repository: groups?.["repository"] ?? "", tag: groups?.["tag"] ?? "" };
}

/** The release an image is of, by its tag (`v2.39.0`, `2.14.1-debian`), or undefined where the tag names none. */
export function imageVersion(reference: string): string | undefined {
  const tag = imageParts(reference).tag.split("@")[0] ?? "";
  return /^v?\d+\.\d+\.\d+/.test(tag) ? semver.coerce(tag)?.version : undefined;
}

/** What is wrong with an image reference that a stack names, or undefined. */
export function imageProblem(reference: string): string | undefined {
  const { tag } = imageParts(reference);
  if (!isImageReference(reference)) return "is no image reference; write REPOSITORY:TAG";
  if (tag === "") return "has no tag, which means latest, a different image tomorrow; name a version";
  if (tag.split("@")[0] === "latest") return "is latest, a different image tomorrow; name a version";
  return undefined;
}
