import * as z from "zod";
import { isHostAndPort } from "../schema/hosts.ts";
import { isYamlText } from "../schema/values.ts";

/** The parts of an image's name as registries, nodes and builders read them. (github.com/distribution/reference, grammar) */
const PATH = /^(?=.{1,200}$)[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const REFERENCE = /^(?<name>[^@\s]+?)(?::(?<tag>[^:/@\s]+))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** A registry in front of an image's name. CVAT's chart writes Nuclio's without quotes, so an IPv6 address in brackets would be a list there. */
function isRegistry(text: string): boolean {
  return isHostAndPort(text) && !/[_[]/.test(text) && isYamlText(text);
}

/** What stands before the first slash is a registry if it looks like a host; `library/redis` has none. */
function splitName(name: string): { registry: string | undefined; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  return /[.:]|^localhost$/.test(first)
    ? { registry: first, path: name.slice(slash + 1) }
    : { registry: undefined, path: name };
}

/** Whether the name of an image begins with a registry. */
export const namesRegistry = (name: string): boolean => splitName(name).registry !== undefined;

/** An image taken apart. */
export interface ImageReference {
  /** `registry.example:5000`. Undefined: none is named, and Docker Hub is meant. */
  registry: string | undefined;
  /** `vision/yolo11x`. */
  path: string;
  tag: string | undefined;
  /** `sha256:...`. */
  digest: string | undefined;
}

/** The parts of an image that a node can be told to run; undefined for a text that is none. */
export function parseImage(text: string): ImageReference | undefined {
  const { name = "", tag, digest } = REFERENCE.exec(text)?.groups ?? {};
  const { registry, path } = splitName(name);
  const isSound =
    name.length <= 255 &&
    PATH.test(path) &&
    (registry === undefined || isRegistry(registry)) &&
    (tag === undefined || TAG.test(tag));
  return isSound ? { registry, path, tag, digest } : undefined;
}

const isImageReference = (text: string): boolean => parseImage(text) !== undefined;

/** Names under which Docker Hub is a registry. */
const DOCKER_HUB: readonly (string | undefined)[] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** Whether an image names Docker Hub as its registry. */
export const namesDockerHub = ({ registry }: Pick<ImageReference, "registry">): boolean =>
  DOCKER_HUB.includes(registry);

/** An image, with or without tag and digest. */
export const imageReference = z
  .string()
  .refine(
    isImageReference,
    "must be an image such as registry.example/vision/yolo11x:1.0.0, in lower case before the tag",
  )
  .meta({ examples: ["registry.example/vision/yolo11x:1.0.0"] });

/** Name of an image without registry and tag. */
export const imagePath = z.string().regex(PATH, "must be a path in lower case such as clearml-agent");

/** Whether a text is a name without a registry, and a tag. */
export function isTaggedPath(text: string): boolean {
  const [path = "", tag = "", ...rest] = text.split(":");
  return PATH.test(path) && TAG.test(tag) && rest.length === 0;
}

/** Tag of an image. */
export const imageTag = z.string().regex(TAG, "must be a tag such as 2.0.7-2");

/** Host of a registry. */
export const registryHost = z
  .string()
  .refine(isRegistry, "must be a host such as registry.internal or registry.example:5000");

/** Host of a registry, and below it a path that all names begin with. */
export const registryPlace = z.string().refine((text) => {
  const [host = "", ...path] = text.split("/");
  return isRegistry(host) && (path.length === 0 || PATH.test(path.join("/")));
}, "must be HOST[:PORT][/PATH] without http://, such as registry.example:5000");
