import * as z from "zod";
import { imageReference, parseImage } from "./reference.ts";

/** An image that is always the same one: a tag alone may be another tomorrow. */
const imageByDigest = imageReference
  .refine(
    (text) => parseImage(text) === undefined || parseImage(text)?.digest !== undefined,
    "must end with its digest, as in registry.example/node:22-bookworm-slim@sha256:…; `docker buildx imagetools inspect IMAGE` tells it",
  )
  .meta({ examples: [`registry.example/library/node:22-bookworm-slim@sha256:${"0".repeat(64)}`] });

export const imagesConfig = z.strictObject({
  node: imageByDigest
    .optional()
    .describe(
      "Image of Node 20.19 or later, by digest, that `dataset … --in-cluster` runs in the cluster. On Debian (no alpine) for `--deep`. Without it, nothing runs there.",
    ),
});
