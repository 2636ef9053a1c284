import { createHash } from "node:crypto";
import { UserError } from "../../../components/program/errors.ts";
import type { Exported } from "./export.ts";
import { YOLO } from "./import.ts";

/**
 * The key of an export.
 * @param to a prefix; one that ends in .zip is the key itself
 * @param name of what is in it
 */
export function exportKey(to: string, name: string, at: Date): string {
  const bare = to.replace(/^\/+/, "");
  if (bare.endsWith(".zip")) return bare;
  const folder = bare === "" || bare.endsWith("/") ? bare : `${bare}/`;
  return `${folder}${inKey(name)}-${stamp(at)}.zip`;
}

/**
 * Name of the note about an export that is under way: the same for the same export, and for no other.
 * @param to the prefix it goes to
 */
export function exportNote(
  { kind, record }: Exported,
  { format, images, to }: { format: string; images: boolean; to: string },
): string {
  const rest = createHash("sha256")
    .update(JSON.stringify([format, images, to]))
    .digest("hex")
    .slice(0, 16);
  return `export-${kind}-${record.id}-${rest}`;
}

/**
 * Where annotations are kept that something replaces: beside the temporary objects, and not among them.
 * @param temporary what the keys of temporary objects begin with
 */
export function keptKey(temporary: string, task: number, at: Date): string {
  return `${temporary.replace(/temporary\/$/, "")}replaced/task-${task}-${stamp(at)}.zip`;
}

/**
 * The key of an object that a person names in the place of a file; undefined for a file.
 * @throws UserError, exit code 2, for an object elsewhere, and for one that is to be looked into
 */
export function objectIn(name: string, bucket: string, format: string): string | undefined {
  const [, where, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(name) ?? [];
  if (key === undefined) return undefined;
  if (where !== bucket)
    throw new UserError(`CVAT imports from the bucket ${bucket}, and ${name} is in another.`, { exitCode: 2 });
  if (format === YOLO)
    throw new UserError(`A zip of ${YOLO} is looked into before it is imported: give it as a file.`, { exitCode: 2 });
  return key;
}

/** A slash would make a folder of it, and so would CVAT. */
const inKey = (name: string) => name.replaceAll(/[/\\]+/g, "-");

/** `2026-12-01T02-04-00Z` */
const stamp = (at: Date) =>
  at
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
