import * as z from "zod";
import { httpOrigin } from "../schema/hosts.ts";
import { LINES_META, secretText } from "../schema/values.ts";
import { projectConfig } from "./projects/project-config.ts";
import { description, trimmedName } from "./texts.ts";
import { memberName } from "./users/users-config.ts";
import { webhookConfig } from "./webhook-config.ts";

const slug = z.string().regex(/^[A-Za-z0-9_-]{1,16}$/, "must be 1 to 16 letters, digits, '-' or '_'");

const organization = z.strictObject({
  slug: slug.describe("Short name, unique in CVAT. It stands in addresses and in programs of others."),
  name: trimmedName(64).optional().describe("Name people see. Default: the short name."),
  description: description().describe("What it is for.").meta(LINES_META),
  contact: z
    .strictObject({
      email: z.string().optional().describe("E-mail address."),
      phoneNumber: z.string().optional().describe("Telephone."),
      location: z.string().optional().describe("Where it is."),
    })
    .prefault({})
    .describe("How it is reached, as CVAT's page of it shows."),
  members: z
    .array(
      z.strictObject({
        username: memberName.describe("User name, of `cvat.users` or of anybody who is in CVAT already."),
        role: z
          .enum(["worker", "supervisor", "maintainer"])
          .default("worker")
          .describe("What the member may do in the organization. Its owner is the superuser."),
      }),
    )
    .default([])
    .describe("Who is in it."),
  webhooks: z.array(webhookConfig).default([]).describe("What CVAT tells other programs when something in it changes."),
});

const external = z.strictObject({
  endpoint: httpOrigin
    .describe(
      "S3 API of the store, as CVAT's pods reach it. An address written out is let through CVAT's proxy; if a host name leads to a private one, allow that in `cvat.smokescreen`.",
    )
    .meta({ examples: ["http://192.0.2.60:9000"] }),
  bucket: z
    .string()
    .min(3)
    .max(63)
    .regex(/^[a-z0-9.-]+$/, "may have lower-case letters, digits, '-' and '.' only")
    .describe("Name of the bucket."),
  accessKey: z
    .string()
    .min(1)
    .max(40)
    .regex(/^\S+$/, "must have no blanks: CVAT keeps the two keys as one text with a blank between")
    .describe("Access key, of at most 40 characters."),
  secretKey: secretText({ max: 64 }).describe("Secret key, of at most 64 characters."),
});

const cloudStorage = z.strictObject({
  name: trimmedName(63).describe("Name in CVAT."),
  role: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Which bucket of the lab's object store: `datasets`, `cvat`, or one under `objectStore.moreBuckets` that CVAT may use. Instead of `external`.",
    ),
  external: external.optional().describe("A bucket of another store. Instead of `role`."),
  prefix: z
    .string()
    .regex(/^(?!\/)(?!.*\/\/)/, "may neither begin with a slash nor have two in a row")
    .default("")
    .describe("Show only what is below this, `images/` for example.")
    .meta({ examples: ["images/"] }),
  region: z
    .string()
    .optional()
    .describe("Region of the bucket. Default: with `role` that of `objectStore.region`, with `external` us-east-1."),
  description: description().describe("What people read beside it.").meta(LINES_META),
  manifests: z.array(z.string().min(1)).default([]).describe("Manifest files in the bucket. They must be there."),
  organization: z
    .string()
    .optional()
    .describe(
      "Organization that has it, by its slug. Default: the first of `cvat.organizations`; without any, the superuser's own space, which nobody else sees.",
    ),
  force: z
    .boolean()
    .default(false)
    .describe("Remove it from CVAT even while projects and tasks use it, when it is taken out of this list."),
});

const project = projectConfig.extend({
  organization: z
    .string()
    .optional()
    .describe(
      "Organization that has it, by its slug. Default: the first of `cvat.organizations`; without any, the superuser's own space.",
    ),
  force: z
    .boolean()
    .default(false)
    .describe("Remove labels that leave the list although they have annotations, and those with them."),
});

/** Keys of `vision-platform:cvat` about what is in it. */
export const recordsConfig = {
  endpoint: httpOrigin
    .optional()
    .describe("Where the machine that runs `up` reaches CVAT. Default: its public address.")
    .meta({ examples: ["http://127.0.0.1:8080"] }),
  organizations: z
    .array(organization)
    .default([])
    .describe("Organizations, each with its members. Owned by the superuser."),
  cloudStorages: z
    .array(cloudStorage)
    .optional()
    .describe(
      "Buckets that CVAT reads from and exports to. Default: one for each of the object store's buckets that CVAT may use.",
    ),
  projects: z
    .array(project)
    .default([])
    .describe(
      "Projects with their labels. One that is taken out of this list stays in CVAT while it has tasks. The same as the files of `project apply`.",
    ),
};
