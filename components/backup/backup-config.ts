import * as z from "zod";
import { imageReference } from "../images/reference.ts";
import { everComes } from "./schedule.ts";
import { secretText } from "../schema/values.ts";

/** The form of a schedule, for editors; what it says is judged by {@link everComes}. */
const SCHEDULE = /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|(\S+\s+){4}\S+)$/;

const schedule = (text: string, what: string) =>
  z
    .string()
    .regex(SCHEDULE, "must be a schedule of five fields such as `17 1 * * *`")
    .refine((value) => !/TZ=/.test(value), "must not name a time zone: set vision-platform:backup.timeZone")
    .refine(
      (value) => !SCHEDULE.test(value) || /TZ=/.test(value) || everComes(value),
      "is no schedule of cron that ever comes: minute, hour, day, month and day of the week, such as `17 1 * * *`",
    )
    .default(text)
    .describe(`When ${what}, as cron has it.`);

const place = (part: string) =>
  z
    .string()
    .min(2)
    .max(200)
    .regex(
      /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*\/$/,
      `must be a prefix such as ${part}/ or lab/${part}/, which ends with /`,
    )
    .refine((prefix) => !/(^|\/)\.\.?\//.test(prefix), "must not have . or .. between two /")
    .default(`${part}/`)
    .describe("Begin of the keys in the bucket. Another one begins anew there: what was kept below the old one stays.");

const keep = z
  .strictObject({
    daily: z.int().min(1).max(366).default(7).describe("Of so many days the newest backup is kept."),
    weekly: z.int().min(0).max(520).default(4).describe("Of so many weeks the newest backup is kept."),
  })
  .prefault({})
  .describe("How many are kept. The newest that is well is never removed.");

const enabled = z.boolean().default(true).describe("Whether it is done at all.");

export const backupSettings = z.strictObject({
  projects: z
    .strictObject({
      enabled,
      schedule: schedule("17 1 * * *", "CVAT's projects are backed up"),
      keep,
      lightweight: z
        .boolean()
        .default(false)
        .describe(
          "Leaves out pictures that lie in a cloud storage: small and quick, and of no use without that bucket. Films and uploads come along all the same.",
        ),
      exportHours: z
        .int()
        .min(1)
        .max(19)
        .default(6)
        .describe("Longest that CVAT may take to write the zip of one project, in hours."),
      to: place("projects"),
      sandboxes: z
        .boolean()
        .default(false)
        .describe(
          "Covers projects outside organizations too, by an access token of CVAT's administrator that lies in the cluster. Left out, such projects are named as not covered.",
        ),
    })
    .prefault({})
    .describe("CVAT's projects, one zip each, as CVAT restores them."),
  databases: z
    .strictObject({
      enabled,
      schedule: schedule("47 0 * * *", "the databases are dumped"),
      keep,
      to: place("databases"),
      recipient: z
        .string()
        .regex(/^age1[02-9ac-hj-np-z]{58}$/, "must be a public key of age, as `age-keygen` prints it: age1…")
        .optional()
        .describe(
          "Public key of age: dumps are encrypted to it, and only who has the other half opens them. Keep that half outside the lab. Default: not encrypted.",
        ),
      postgresqlImage: imageReference
        .optional()
        .describe(
          "Image with pg_dump, pg_restore and psql of the server's release. Default: what CVAT's chart runs; needed where cvat.postgresql.external is set.",
        ),
      mongodbImage: imageReference
        .optional()
        .describe("Image with mongodump and mongorestore. Default: what ClearML's chart runs."),
    })
    .prefault({})
    .describe("Dumps of CVAT's PostgreSQL and of ClearML's MongoDB."),
  volumes: z
    .strictObject({
      enabled,
      schedule: schedule("17 3 * * *", "the volumes are backed up"),
      keep,
      to: place("volumes"),
    })
    .prefault({})
    .describe("Files of CVAT's data claim and of ClearML's file server, which no zip and no dump has."),
  drill: z
    .strictObject({
      enabled,
      schedule: schedule("17 4 * * 0", "the newest backups are restored into a scratch organization, and compared"),
      frames: z.int().min(0).max(1000).default(10).describe("Frames of each task that are fetched."),
    })
    .prefault({})
    .describe("Restores, to see that backups can be restored, and removes what it restored."),
  notify: z
    .strictObject({
      url: secretText()
        .optional()
        .describe(
          "Where a backup that failed, is overdue, or is well again, is posted to. A secret: set with --secret.",
        ),
      kind: z
        .enum(["auto", "ntfy", "slack", "matrix", "json"])
        .default("auto")
        .describe("What is there. `auto`: told by the address, else plain JSON."),
    })
    .prefault({})
    .describe("Who is told."),
  timeZone: z
    .string()
    .refine(isTimeZone, "must be a time zone such as Europe/Berlin")
    .default("Etc/UTC")
    .describe("Time zone of the schedules."),
  image: imageReference
    .optional()
    .describe(
      "Image with Python, requests, boto3 and cryptography. Default: that of CVAT's server, which the nodes have.",
    ),
});

export type BackupConfig = z.output<typeof backupSettings>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
