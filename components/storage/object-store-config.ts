import * as z from "zod";
import { secretText } from "../schema/values.ts";
import { BLANK_ENDS, IN_A_SIGNATURE, UNSEEN } from "../schema/unfit-secrets.ts";
import { bucketConfig, bucketName, bucketSettings } from "./bucket-config.ts";
import { APPLICATIONS } from "./grants.ts";

/** Names of objects that MinIO refuses, and what it replaces in a policy. (minio: cmd/object-api-utils.go, IsValidObjectPrefix; minio/pkg: policy) */
const NO_KEY = /^\/|\/\/|(^|\/)\.\.?(\/|$)|\$\{/;

const prefixes = z
  .array(
    z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[^*?]+$/, "must be text without * and ?")
      .refine(
        (prefix) => !NO_KEY.test(prefix),
        "begins no key that a store has: it has a / first, //, . or .. between two /, or ${",
      ),
  )
  .min(1)
  .meta({ examples: [["yolo11x/"]] });

const onlyPrefixes = z
  .record(z.string(), prefixes)
  .optional()
  .describe("Prefixes by what the bucket is for. A bucket that is not named here is open as a whole.");

const rotation = z.int().min(0).default(0).describe("How often its key was changed.");

/** What makes backups uses its own bucket alone. */
const user = z.enum(APPLICATIONS).exclude(["backup"]);

/** Where `vision-platform:backup` keeps what it makes. A lab without that section has none. (components/lab/plan.ts) */
export const backupsBucket = bucketConfig("backups");

const moreBucket = z.strictObject({
  name: bucketName,
  ...bucketSettings(),
  readers: z.array(user).default([]).describe("Applications that may list and read it."),
  writers: z.array(user).default([]).describe("Applications that may read, write and delete in it."),
});

const IPV4 = String.raw`(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)`;
const HOST = "[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?";
const PORT = ":(?:6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})";
const URL = `https?://${HOST}(?:${PORT})?`;

/** CVAT shows a bucket under this name, which it keeps without blanks at its ends and no longer than this. */
const role = z
  .string()
  .min(1)
  .max(63)
  .regex(/^\S(.*\S)?$/, "must not begin or end with a blank");

export const objectStoreSettings = z.strictObject({
  address: z
    .string()
    .regex(
      new RegExp(`^(?:${IPV4}|${URL})$`),
      "must be an IPv4 address such as 192.0.2.30, or a URL without a path such as https://minio.example.com:9000",
    )
    .describe(
      "Where pods reach the S3 API of MinIO: the address of a ClusterIP or a LoadBalancer, or a URL that says scheme and port too. CVAT's proxy lets an address through by itself; of a name, allow what it leads to in `cvat.smokescreen`.",
    )
    .meta({ examples: ["192.0.2.30", "https://192.0.2.30:9000"] }),
  port: z
    .int()
    .min(1)
    .max(65535)
    .default(9000)
    .describe("Port of the S3 API, not of the console, where `address` is no URL."),
  endpoint: z
    .string()
    .regex(
      new RegExp(`^(?:${HOST}${PORT}|${URL})$`),
      "must be HOST:PORT such as 192.0.2.30:9000, or a URL without a path such as https://minio.example.com",
    )
    .optional()
    .describe(
      "Where the machine that runs pulumi reaches the S3 API, when that is not what pods use: HOST:PORT, or a URL that says the scheme too. Default: as pods do. People's clearml.conf has it too, unless it is this machine's own (127.0.0.1).",
    )
    .meta({ examples: ["minio.example.com:443", "https://minio.example.com"] }),
  tls: z
    .boolean()
    .default(false)
    .describe("The S3 API speaks HTTPS, to whoever's key says no scheme of its own: `address`, `endpoint`."),
  ca: z
    .string()
    .regex(
      /^(?!\/|~|[A-Za-z]:)(?!(?:.*\/)?\.\.(?:\/|$))[^\\\p{Cc}]+$/u,
      "must be the path of a file in this project's folder, such as store-ca.crt",
    )
    .optional()
    .describe(
      "File with the certificate of the private authority that signed the store's, in PEM, relative to the folder of Pulumi.yaml. Pods, functions and clearml.conf get its text. Default: none, the certificate is of a public authority.",
    )
    .meta({ examples: ["store-ca.crt"] }),
  region: z
    .string()
    .regex(/^[\w-]+$/, "must be a region such as us-east-1")
    .default("us-east-1")
    .describe(
      "Region of the store, MINIO_SITE_REGION of the server. MinIO has none unless told so, and takes this one then.",
    ),
  deployment: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "must be an id such as 0f6e7c1a-8a0e-4f0d-9a57-2f3f5a1f0c11")
    .optional()
    .describe(
      "Id of the MinIO that is meant; another one is then refused. To move the lab to another store, set it to that one's id, which the refusal tells. Default: the one in which `up` made the lab's buckets.",
    )
    .meta({ examples: ["0f6e7c1a-8a0e-4f0d-9a57-2f3f5a1f0c11"] }),
  credentials: z
    .strictObject({
      accessKey: secretText({ min: 3, max: 128, unfit: [UNSEEN, BLANK_ENDS, IN_A_SIGNATURE] })
        .optional()
        .describe("Access key, MINIO_ROOT_USER of the server."),
      secretKey: secretText({ min: 8, max: 128 }).optional().describe("Secret key, MINIO_ROOT_PASSWORD of the server."),
    })
    .prefault({})
    .describe(
      "Of an administrator, who may make buckets, users and policies. Nobody else gets them: each application has a user of its own.",
    ),
  buckets: z
    .strictObject({
      datasets: bucketConfig("datasets").prefault({}).describe("What is annotated. CVAT only reads it."),
      cvat: bucketConfig("cvat", { lifecycle: [{ prefix: "exports/", days: 30 }] })
        .prefault({})
        .describe("What CVAT exports and backs up."),
      clearml: bucketConfig("clearml").prefault({}).describe("Artifacts of ClearML's experiments."),
      models: bucketConfig("models", { versioning: true })
        .prefault({})
        .describe("Trained models. Functions read them."),
      backups: backupsBucket
        .optional()
        .describe(
          "What `vision-platform:backup` keeps; without that section it is not made. No other user may read it. Default: one called backups.",
        ),
    })
    .prefault({})
    .describe("Buckets of the lab. One that exists is taken over as it is; none is ever deleted."),
  moreBuckets: z
    .record(role, moreBucket)
    .default({})
    .describe("Further buckets, each under a name for what it is for.")
    .meta({ examples: [{ videos: { name: "videos", readers: ["cvat"] } }] }),
  userPrefix: z
    .string()
    .max(20)
    .regex(/^[a-z0-9-]*$/, "must be lower-case letters, digits and '-'")
    .default("vision-platform-")
    .describe(
      "Begin of the names of users and policies. A user of MinIO that has such a name already would get another secret key.",
    ),
  onlyPrefixes: z
    .strictObject({ clearml: onlyPrefixes, cvat: onlyPrefixes, functions: onlyPrefixes })
    .prefault({})
    .describe("Narrows what an application may use of a bucket. CVAT sees the names of all objects even so.")
    .meta({ examples: [{ functions: { models: ["yolo11x/"] } }] }),
  keyRotations: z
    .strictObject({
      clearml: rotation,
      cvat: rotation,
      functions: rotation,
      backup: rotation.describe("Of what makes backups: how often its key was changed."),
      deleteJob: rotation.describe(
        "Of the job by which ClearML's server deletes files: how often its key was changed.",
      ),
      people: z.record(z.string(), z.int().min(0)).default({}).describe("Of people, by user name."),
    })
    .prefault({})
    .describe(
      "Counted up, the next `up` gives that user of the store another secret key, and the key to all who use it. The old one opens nothing from then on.",
    )
    .meta({ examples: [{ cvat: 1, people: { anna: 2 } }] }),
});

export type ObjectStoreConfig = z.output<typeof objectStoreSettings>;
