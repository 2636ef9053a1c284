import { Client } from "minio";
import { agentFor } from "../../../../components/storage/client/agent.ts";
import type { CvatConfig } from "./asked.ts";

/** A bucket as a storage's record describes it. */
export interface Place {
  resource: string;
  key: string;
  secret_key: string;
  specific_attributes: string;
}

export type BucketState = "AVAILABLE" | "NOT_FOUND" | "FORBIDDEN";

const IS_PICTURE = /\.(jpe?g|png|bmp|webp|tiff?)$/i;

const endpointOf = ({ specific_attributes }: Place) =>
  (new URLSearchParams(specific_attributes).get("endpoint_url") ?? "").replace(/\/+$/, "");

const isElsewhere = ({ elsewhere = [] }: CvatConfig, place: Place) =>
  elsewhere.some(({ endpoint, accessKey }) => endpoint === endpointOf(place) && accessKey === place.key);

/** The object store where it really is; undefined where a pod would reach nothing. */
function clientOf({ stores, ca }: CvatConfig, place: Place): Client | undefined {
  const { key, secret_key } = place;
  const here = stores[endpointOf(place)];
  if (here === undefined) return undefined;
  const { hostname, port, protocol } = new URL(here);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: protocol === "https:",
    accessKey: key,
    secretKey: secret_key,
    // As boto3 signs for it. The empty one is its default. (botocore: utils.py, S3RegionRedirectorv2 goes where the store says)
    region: new URLSearchParams(place.specific_attributes).get("region") || "us-east-1",
    ...(ca !== undefined && { transportAgent: agentFor(ca) }),
  });
}

/** What the store says of the bucket to whoever has this key. A store that does not answer looks like a missing bucket. (3.2) */
export async function bucketState(config: CvatConfig, place: Place): Promise<BucketState> {
  if (isElsewhere(config, place)) return "AVAILABLE";
  const client = clientOf(config, place);
  if (!client || place.resource === "") return "NOT_FOUND";
  try {
    return (await client.bucketExists(place.resource)) ? "AVAILABLE" : "NOT_FOUND";
  } catch (error) {
    return isForbidden(error) ? "FORBIDDEN" : "NOT_FOUND";
  }
}

/** Whether the object is there and may be read. */
export async function hasObject(config: CvatConfig, place: Place, key: string): Promise<boolean> {
  if (isElsewhere(config, place)) return true;
  const client = clientOf(config, place);
  return (await client?.statObject(place.resource, key).catch(() => undefined)) !== undefined;
}

/** Every picture below a prefix, sorted. */
export async function picturesBelow(config: CvatConfig, place: Place, prefix: string): Promise<string[]> {
  const client = clientOf(config, place);
  if (!client) return [];
  const names: string[] = [];
  for await (const item of client.listObjectsV2(place.resource, prefix, true)) {
    const { name } = item as { name?: string };
    if (name !== undefined && IS_PICTURE.test(name)) names.push(name);
  }
  return names.sort();
}

function isForbidden(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return /AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch/.test(`${code} ${message}`) || code === "403";
}
