import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../../components/program/errors.ts";
import type { Bucket } from "../store/objects.ts";
import { storedZip } from "../zip/stored.ts";
import { noCounts, yoloEntries, type YoloCounts } from "./yolo-entries.ts";
import type { ZipPlan } from "./zip-plan.ts";

export interface ZipWriting {
  /** Is told how many files have been read. */
  said?: (files: number) => void;
  signal?: AbortSignal | undefined;
}

const UNFINISHED = ".part";
const NOTHING = "Nothing was written.";

/**
 * Writes the zip as a file, which appears when it is whole.
 * @throws UserError, exit code 2, with all that is wrong in label files; what the signal was aborted with. Nothing is left then
 */
export async function zipToFile(plan: ZipPlan, file: string, writing: ZipWriting = {}): Promise<YoloCounts> {
  const counts = noCounts();
  const unfinished = `${file}${UNFINISHED}`;
  try {
    await pipeline(pieces(plan, counts, writing), createWriteStream(unfinished), { signal: writing.signal });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    writing.signal?.throwIfAborted();
    throw unwritable(error, file);
  }
  return counts;
}

/** Puts the zip straight into a bucket, where it appears when it is whole. @throws as {@link zipToFile}, and what the store refuses */
export async function zipToBucket(
  plan: ZipPlan,
  bucket: Bucket,
  key: string,
  writing: ZipWriting = {},
): Promise<YoloCounts> {
  const counts = noCounts();
  const { signal } = writing;
  await bucket.put(key, pieces(plan, counts, writing), { type: "application/zip", ...(signal && { signal }) });
  return counts;
}

function pieces(plan: ZipPlan, counts: YoloCounts, { said }: ZipWriting): Readable {
  return Readable.from(storedZip(yoloEntries(plan, counts, NOTHING, said)), { objectMode: false, highWaterMark: 1 });
}

function unwritable(error: unknown, file: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof UserError || code === undefined) return error;
  return new UserError(`${file} cannot be written: ${(error as Error).message}`, { exitCode: 2, cause: error });
}
