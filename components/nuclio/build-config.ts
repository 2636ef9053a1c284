import * as z from "zod";
import { isHttpUrl } from "../hosts.ts";
import { imageReference, isTaggedPath } from "../images/reference.ts";
import { timeSpan } from "../schema.ts";

/** Git takes a user name in front of the host. */
const withoutUser = (url: string) => url.replace(/^(https?:\/\/)[^/@\s]+@/, "$1");

const source = z.strictObject({
  url: z
    .string()
    .refine((text) => isHttpUrl(withoutUser(text)), "must be an address that begins with http:// or https://")
    .describe("Where the code is."),
  kind: z
    .enum(["git", "archive", "file"])
    .describe("What is there: a Git repository, an archive (zip, tar.gz), or one source file."),
  branch: z
    .string()
    .regex(/^[^\s~^:?*[\\]+$/, "must be a name of a branch")
    .optional()
    .describe("Branch of the repository. Default: its own default."),
  folder: z.string().min(1).optional().describe("Folder of the code in the repository or archive."),
});

/** Schema of `build` of a function: an image that the cluster makes, by kaniko or Buildah. (nuclio.md, 4) */
export const buildConfig = z
  .strictObject({
    source: source.describe("The code, as the dashboard's pod reaches it."),
    image: z
      .string()
      .refine(isTaggedPath, "must be NAME:TAG without a registry")
      .describe("Name and tag of the image in the registry (`cvat.nuclio.registry`). A changed tag builds anew.")
      .meta({ examples: ["functions/helmets:2"] }),
    baseImage: imageReference.optional().describe("Image it is built on. Its Python is that of `runtime`."),
    commands: z.array(z.string().min(1)).default([]).describe("Commands run in the image while it is built."),
    timeout: timeSpan.default("60m").describe("How long the build may take."),
  })
  .describe(
    "Image to build in the cluster. This or `image`. A GPU image needs much memory (the builder's pod has no limit).",
  );

export type BuildConfig = z.output<typeof buildConfig>;
