import * as zlib from "node:zlib";
import * as z from "zod";
import { UserError } from "../../components/program/errors.ts";
import type { StoredResource, StoredState } from "../engine/stored-state.ts";

/** A state as the engine keeps it in a file: secrets are encrypted. */
export interface Checkpoint {
  /** `organization/vision-platform/lab`. */
  stack: string;
  version: number;
  features: string[] | undefined;
  deployment: StoredState["deployment"];
}

const file = z.looseObject({
  version: z.number(),
  features: z.array(z.string()).optional(),
  checkpoint: z.looseObject({ stack: z.string(), latest: z.looseObject({}).nullish() }),
});

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * A checkpoint out of its file, packed or not. (pulumi: sdk/go/common/encoding, PULUMI_DIY_BACKEND_GZIP and _ZSTD)
 * @throws UserError for a file that is none, with nothing of what stands in it
 */
export function checkpointIn(key: string, bytes: Buffer): Checkpoint {
  const refuse = (why: string) => new UserError(`${key} cannot be read as a state: ${why}.`);
  const { success, data } = file.safeParse(jsonIn(bytes, refuse));
  if (!success) throw refuse("it is not what the engine writes");
  const { version, features, checkpoint } = data;
  return {
    stack: checkpoint.stack,
    version,
    features,
    deployment: checkpoint.latest ?? {},
  };
}

/** The JSON in a file of the engine's. */
export function jsonIn(bytes: Buffer, refuse: (why: string) => UserError): unknown {
  let text: string;
  try {
    text = unpacked(bytes, refuse).toString("utf8");
  } catch (error) {
    throw error instanceof UserError ? error : refuse("it is packed, and cut short");
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own words quote what it met.
    throw refuse(text.trim() === "" ? "it is empty" : "it is no whole JSON");
  }
}

function unpacked(bytes: Buffer, refuse: (why: string) => UserError): Buffer {
  const begins = (magic: readonly number[]) => magic.every((byte, index) => bytes[index] === byte);
  if (begins(GZIP)) return zlib.gunzipSync(bytes);
  if (!begins(ZSTD)) return bytes;
  const { zstdDecompressSync: unzstd } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer };
  if (unzstd === undefined) throw refuse("it is packed with zstd, which takes Node 22.15 or later");
  return unzstd(bytes);
}

/** Tells whether two states are one and the same: an import leaves the time of the run as it was. */
export function isSameState(one: StoredState["deployment"], other: StoredState["deployment"]): boolean {
  return identity(one) === identity(other);
}

function identity(deployment: StoredState["deployment"]): string {
  const marks = (deployment.resources ?? []).map((resource) => `${resource.urn} ${modifiedOf(resource)}`);
  return JSON.stringify([deployment.manifest?.time, marks.sort()]);
}

/** When a run last changed what a resource is. */
export function modifiedOf(resource: StoredResource): string {
  const { modified, created } = resource as StoredResource & { modified?: string; created?: string };
  return modified ?? created ?? "";
}
