import type * as pulumi from "@pulumi/pulumi";
import { namesDockerHub, parseImage } from "./reference.ts";

/** A registry that has copies of all images, and which images are not taken from it. */
export interface Mirror {
  /** Host, and below it a path that all names begin with: `registry.example/library`. */
  place: string;
  /** Secret with its credentials, in each namespace that pulls. Undefined: anybody may pull. */
  pullSecret: string | undefined;
  /** Of whom the Secret is, where it is ours to make. */
  credentials: { username: string; password: pulumi.Input<string> } | undefined;
  /** Images that the stack file names itself, with their registry and without tag: `cvat/server`. */
  kept: readonly string[];
}

/**
 * An image as the mirror has it: below its place, by the path that it has elsewhere, with its tag and digest. An image that lies there already,
 * one that the stack file names, and a text that is no image stay as they are.
 * @example mirrored("quay.io/nuclio/dashboard:1.15.9-amd64", mirror) === "registry.example/library/nuclio/dashboard:1.15.9-amd64"
 */
export function mirrored(reference: string, { place, kept }: Pick<Mirror, "place" | "kept">): string {
  const image = parseImage(reference);
  if (image === undefined || isAt(reference, place) || kept.includes(nameOf(reference))) return reference;
  const tag = image.tag === undefined ? "" : `:${image.tag}`;
  const digest = image.digest === undefined ? "" : `@${image.digest}`;
  return `${place}/${image.path}${tag}${digest}`;
}

/** Whether an image lies at a place of a registry. */
export const isAt = (reference: string, place: string): boolean => reference.startsWith(`${place}/`);

/** An image without its tag and digest, by one name: Docker Hub is meant where no registry is named, and `library` where no owner is. */
export function nameOf(reference: string): string {
  const { registry, path = reference } = parseImage(reference) ?? {};
  return registry === undefined || namesDockerHub({ registry })
    ? path.replace(/^library\/(?=[^/]+$)/, "")
    : `${registry}/${path}`;
}

/** Whether two texts are one image. */
export function isSameImage(one: string, other: string): boolean {
  const [a, b] = [parseImage(one), parseImage(other)];
  return nameOf(one) === nameOf(other) && a?.tag === b?.tag && a?.digest === b?.digest;
}
