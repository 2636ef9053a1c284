import * as z from "zod";
import { objectName } from "../schema/pods.ts";
import { withRules, type SectionRule } from "../schema/section-rules.ts";
import { secretText } from "../schema/values.ts";
import { imageReference, parseImage, registryPlace } from "./reference.ts";
import { registryUser } from "./registry-user.ts";

/** An image that is always the same one: a tag alone may be another tomorrow. */
const imageByDigest = imageReference
  .refine(
    (text) => parseImage(text) === undefined || parseImage(text)?.digest !== undefined,
    "must end with its digest, as in registry.example/node:22-bookworm-slim@sha256:…; `docker buildx imagetools inspect IMAGE` tells it",
  )
  .meta({ examples: [`registry.example/library/node:22-bookworm-slim@sha256:${"0".repeat(64)}`] });

const imagesSettings = z.strictObject({
  registry: registryPlace
    .optional()
    .describe(
      "A registry of yours that has copies of all images, and the path below it: every image of the lab is taken from there, by its own path, tag and digest. What `cvat.images`, `clearml.image.registry`, the agent's image and a function name themselves goes before it. `images mirror --list` says what to copy.",
    )
    .meta({ examples: ["registry.example/library"] }),
  existingSecret: objectName
    .optional()
    .describe(
      "Secret of type kubernetes.io/dockerconfigjson with that registry's credentials, in each namespace of the lab. Instead of a user name and password. Default: anybody may pull.",
    ),
  username: registryUser.optional().describe("User name at the registry."),
  password: secretText().optional().describe("Password at the registry."),
  node: imageByDigest
    .optional()
    .describe(
      "Image of Node 20.19 or later, by digest, that `dataset … --in-cluster` runs in the cluster. On Debian (no alpine) for `--deep`. Without it, nothing runs there.",
    ),
});

export type ImagesConfig = z.output<typeof imagesSettings>;

/** Credentials are those of the registry, in one of the two ways. */
const IMAGES_RULES: readonly SectionRule<ImagesConfig>[] = [
  {
    reads: ["registry", "existingSecret", "username", "password"],
    problems: ({ registry, existingSecret, username, password }) => {
      const isNamed = username !== undefined || password !== undefined;
      const at = (key: string, message: string) => ({ path: [key], message });
      if (registry === undefined && (existingSecret !== undefined || isNamed))
        return [at("registry", "is missing: nothing says which registry the credentials are of")];
      if (existingSecret !== undefined && isNamed)
        return [at("existingSecret", "is set together with a user name or password; keep one of the two")];
      if (username !== undefined && password === undefined)
        return [at("password", "is missing beside images.username; set it with `pulumi config set --secret --path`")];
      if (password !== undefined && username === undefined)
        return [at("username", "is missing beside images.password")];
      return [];
    },
  },
];

export const imagesConfig = withRules(imagesSettings, IMAGES_RULES);
