import * as z from "zod";
import { address } from "../schema.ts";

export const objectStoreConfig = z.strictObject({
  address: address
    .describe("Address at which pods reach the S3 API of MinIO: a ClusterIP or a LoadBalancer address, not a name.")
    .meta({
      examples: ["192.0.2.30"],
    }),
  port: z.int().min(1).max(65535).default(9000).describe("Port of the S3 API, not of the console."),
});

export type ObjectStoreConfig = z.output<typeof objectStoreConfig>;
