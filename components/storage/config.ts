import * as z from "zod";
import { address, secretText } from "../schema.ts";
import { withRules } from "../section-rules.ts";
import { bucketConfig, bucketName, bucketSettings } from "./bucket-config.ts";
import { APPLICATIONS } from "./grants.ts";
import { objectStoreRules } from "./rules.ts";

const prefixes = z
  .array(
    z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[^*?]+$/, "must be text without * and ?"),
  )
  .min(1)
  .meta({ examples: [["yolo11x/"]] });

const onlyPrefixes = z
  .record(z.string(), prefixes)
  .optional()
  .describe("Prefixes by what the bucket is for. A bucket that is not named here is open as a whole.");

const rotation = z.int().min(0).default(0).describe("How often its key was changed.");

const moreBucket = z.strictObject({
  name: bucketName,
  ...bucketSettings(),
  readers: z.array(z.enum(APPLICATIONS)).default([]).describe("Applications that may list and read it."),
  writers: z.array(z.enum(APPLICATIONS)).default([]).describe("Applications that may read, write and delete in it."),
});

const section = z.strictObject({
  address: address
    .describe("Address at which pods reach the S3 API of MinIO: a ClusterIP or a LoadBalancer address, not a name.")
    .meta({
      examples: ["192.0.2.30"],
    }),
  port: z.int().min(1).max(65535).default(9000).describe("Port of the S3 API, not of the console."),
  endpoint: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:[1-9][0-9]{0,4}$/,
      "must be HOST:PORT without a scheme, such as 192.0.2.30:9000",
    )
    .optional()
    .describe(
      "HOST:PORT at which the machine that runs pulumi reaches the S3 API, when that is not what pods use. Default: address:port.",
    )
    .meta({ examples: ["minio.example.com:443"] }),
  tls: z.boolean().default(false).describe("The S3 API speaks HTTPS, with a certificate that both sides trust."),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, "must be a region such as us-east-1")
    .default("us-east-1")
    .describe("Region of the store. MinIO has this one unless told otherwise."),
  credentials: z
    .strictObject({
      accessKey: secretText({ min: 3, max: 128 }).optional().describe("Access key, MINIO_ROOT_USER of the server."),
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
    })
    .prefault({})
    .describe("Buckets of the lab. One that exists is taken over as it is; none is ever deleted."),
  moreBuckets: z
    .record(z.string(), moreBucket)
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
      people: z.record(z.string(), z.int().min(0)).default({}).describe("Of ClearML's users, by user name."),
    })
    .prefault({})
    .describe(
      "Counted up, the next `up` gives that user of the store another secret key, and the key to all who use it. The old one opens nothing from then on.",
    )
    .meta({ examples: [{ cvat: 1, people: { anna: 2 } }] }),
});

export type ObjectStoreConfig = z.output<typeof section>;

/** `http://192.0.2.30:9000`: the S3 API as pods reach it. */
export function endpointForPods({ tls, address, port }: ObjectStoreConfig): string {
  return `${tls ? "https" : "http"}://${address}:${port}`;
}

export const objectStoreConfig = withRules(section, objectStoreRules);
