import * as z from "zod";
import { isHttpUrl } from "../schema/hosts.ts";
import { imageReference, isTaggedPath } from "../images/reference.ts";
import { timeSpan } from "../schema/values.ts";

/** Git takes a user name in front of the host. */
const withoutUser = (url: string) => url.replace(/^(https?:\/\/)[^/@\s]+@/, "$1");

/** What git takes as a reference, or as a part of one. (git-scm.com, git-check-ref-format) */
const REF = /^(?![-/])(?!.*(\.\.|\/\/|\/\.|@\{))[^\s~^:?*[\\]+(?<![/.])(?<!\.lock)$/;

const refName = z.string().regex(REF, "must be a name of a branch or a tag");

const REVISIONS = ["branch", "tag", "reference"] as const;

const source = z
  .strictObject({
    url: z
      .string()
      .refine((text) => isHttpUrl(withoutUser(text)), "must be an address that begins with http:// or https://")
      .describe("Where the code is."),
    kind: z
      .enum(["git", "archive", "file"])
      .describe("What is there: a Git repository, an archive (zip, tar.gz), or one source file."),
    branch: refName.optional().describe("Branch of the repository. A repository needs this, `tag` or `reference`."),
    tag: refName.optional().describe("Tag of the repository, instead of `branch`."),
    reference: z
      .string()
      .refine((text) => text.startsWith("refs/") && REF.test(text), "must be a whole reference such as refs/heads/main")
      .optional()
      .describe("Reference of the repository, as `git ls-remote` shows it, instead of `branch`."),
    folder: z.string().min(1).optional().describe("Folder of the code in the repository or archive."),
  })
  .superRefine((source, context) => {
    const [first, second] = REVISIONS.filter((key) => source[key] !== undefined);
    const problem = (key: string, message: string) => {
      context.addIssue({ code: "custom", path: [key], message });
    };
    // (nuclio: common/git/git.go, ResolveReference)
    if (source.kind === "git" && first === undefined)
      problem("branch", "is missing, and so are `tag` and `reference`; Nuclio takes no repository without one of them");
    // Nuclio reads none of them elsewhere, and says nothing. (nuclio: processor/build/builder.go)
    if (source.kind !== "git" && first !== undefined)
      problem(
        first,
        `is of a repository alone, and this is ${source.kind === "file" ? "a file" : "an archive"}; remove it`,
      );
    if (source.kind === "file" && source.folder !== undefined)
      problem("folder", "is of a repository or an archive, and this is one file; remove it");
    if (first !== undefined && second !== undefined)
      problem(second, `is set together with \`${first}\`; keep one of the two`);
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
