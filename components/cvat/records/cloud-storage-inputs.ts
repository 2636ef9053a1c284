import type { Connection } from "../client/connection.ts";

export interface CloudStorageInputs {
  connection: Connection;
  /** Display name. */
  name: string;
  bucket: string;
  /** The S3 API as CVAT's pods reach it. */
  endpoint: string;
  region: string;
  /** Only what is below it is seen. "" for all. */
  prefix: string;
  description: string;
  /** Keys of manifest files in the bucket. */
  manifests: string[];
  /** Slug; "" for the account's own space. */
  organization: string;
  accessKey: string;
  secretKey: string;
  /** Whether it is removed even while projects and tasks use it. */
  force: boolean;
}
