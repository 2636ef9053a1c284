import { Client } from "minio";
import { agentFor } from "../../../../components/storage/client/agent.ts";
import type { CvatConfig } from "./config.ts";

/** A bucket as a storage's record describes it. */
export interface Place {
  resource: string;
  key: string;
  secret_key: string;
  specific_attributes: string;
}

export type BucketState = "AVAILABLE" | "NOT_FOUND" | "FORBIDDEN";

const endpointOf = ({ specific_attributes }: Place) =>
  (new URLSearchParams(specific_attributes).get("endpoint_url") ?? "").replace(/\/+$/, "");

/** Whether the store is somebody else's, and is not asked. */
export const isElsewhere = ({ elsewhere = [] }: CvatConfig, place: Place) =>
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

/** Keys of every object below a prefix, sorted. */
export async function keysBelow(config: CvatConfig, place: Place, prefix: string): Promise<string[]> {
  const client = clientOf(config, place);
  if (!client) return [];
  const names: string[] = [];
  for await (const item of client.listObjectsV2(place.resource, prefix, true)) {
    const { name } = item as { name?: string };
    if (name !== undefined && !name.endsWith("/")) names.push(name);
  }
  return names.sort();
}

const ONE_BY_ONE = 20;

/** The first of these keys that is not there. */
export async function absentOf(config: CvatConfig, place: Place, keys: readonly string[]): Promise<string | undefined> {
  if (isElsewhere(config, place)) return undefined;
  if (keys.length > ONE_BY_ONE) {
    const there = new Set(await keysBelow(config, place, commonFolder(keys)));
    return keys.find((key) => !there.has(key));
  }
  const found = await Promise.all(keys.map((key) => hasObject(config, place, key)));
  return keys[found.indexOf(false)];
}

function commonFolder(keys: readonly string[]): string {
  let folder = (keys[0] ?? "").split("/").slice(0, -1);
  for (const key of keys) {
    const parts = key.split("/");
    const differs = folder.findIndex((part, level) => part !== parts[level]);
    if (differs >= 0) folder = folder.slice(0, differs);
  }
  return folder.map((part) => `${part}/`).join("");
}

/** The first bytes of an object, or all of it; undefined where there is none. */
export async function bytesOf(
  config: CvatConfig,
  place: Place,
  key: string,
  length?: number,
): Promise<Buffer | undefined> {
  const client = clientOf(config, place);
  try {
    const stream =
      length === undefined
        ? await client?.getObject(place.resource, key)
        : await client?.getPartialObject(place.resource, key, 0, length);
    if (!stream) return undefined;
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return Buffer.concat(parts);
  } catch {
    return undefined;
  }
}

/** Puts an object; false where the store refuses it. */
export async function putBytes(config: CvatConfig, place: Place, key: string, bytes: Buffer): Promise<boolean> {
  const client = clientOf(config, place);
  return (await client?.putObject(place.resource, key, bytes, bytes.length).catch(() => undefined)) !== undefined;
}

function isForbidden(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return /AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch/.test(`${code} ${message}`) || code === "403";
}
