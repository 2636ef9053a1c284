import { createReadStream } from "node:fs";
import type { Store } from "../../store/objects.ts";
import { gather, type Gathered, type GatherOptions } from "./gather.ts";

/** What a manifest came to. */
export interface Made extends Gathered {
  written: boolean;
}

export interface MakeOptions extends Omit<GatherOptions, "part"> {
  /** Leave pictures out whose size cannot be told, instead of writing nothing. */
  skipBroken?: boolean;
  /** Write nothing into the bucket. */
  dryRun?: boolean;
}

/** Writes the manifest of a prefix beside its pictures, unless it is there already, there are no pictures, or some are broken. */
export async function makeManifest(bucket: Store, prefix: string, options: MakeOptions): Promise<Made> {
  return putManifest(bucket, await gather(bucket, prefix, options), options);
}

/** Writes what was gathered of all of a prefix, on the same conditions. */
export async function putManifest(
  bucket: Store,
  { gathered, file }: { gathered: Gathered; file: string | undefined },
  { skipBroken = false, dryRun = false, signal }: Pick<MakeOptions, "skipBroken" | "dryRun" | "signal">,
): Promise<Made> {
  const isWanted = gathered.pictures > 0 && (gathered.broken.count === 0 || skipBroken);
  const written = file !== undefined && isWanted && !dryRun;
  if (written) {
    // What a run that died had sent of a large one.
    await bucket.abandon(gathered.key);
    await bucket.put(gathered.key, createReadStream(file), {
      size: gathered.bytes,
      type: "application/jsonl",
      ...(signal && { signal }),
    });
  }
  return { ...gathered, written };
}
