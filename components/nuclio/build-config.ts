import * as z from "zod";
import { timeSpan } from "../schema.ts";

const source = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\//, "must begin with http:// or https://")
    .describe("Where the code is."),
  kind: z
    .enum(["git", "archive", "file"])
    .describe("What is there: a Git repository, an archive (zip, tar.gz), or one source file."),
  branch: z.string().min(1).optional().describe("Branch of the repository. Default: its own default."),
  folder: z.string().min(1).optional().describe("Folder of the code in the repository or archive."),
});

/** Schema of `build` of a function: an image that the cluster makes, by kaniko. (nuclio.md, 4) */
export const buildConfig = z
  .strictObject({
    source: source.describe("The code, as the dashboard's pod reaches it."),
    image: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._/-]*:[A-Za-z0-9_][A-Za-z0-9._-]*$/, "must be NAME:TAG without a registry")
      .describe("Name and tag of the image in the registry (`cvat.nuclio.registry`). A changed tag builds anew.")
      .meta({ examples: ["functions/helmets:2"] }),
    baseImage: z.string().min(1).optional().describe("Image it is built on. Its Python is that of `runtime`."),
    commands: z.array(z.string().min(1)).default([]).describe("Commands run in the image while it is built."),
    timeout: timeSpan.default("60m").describe("How long the build may take."),
  })
  .describe("Image to build in the cluster. This or `image`. A GPU image needs much memory (kaniko sets no limit).");

export type BuildConfig = z.output<typeof buildConfig>;
