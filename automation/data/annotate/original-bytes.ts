import type { Bucket } from "../store/objects.ts";

/** What automatic annotation reads of a task's pictures: the bytes as stored, whatever the quality. (cvat-real-third-look.md 8.2) */
export interface OriginalBytes {
  bytes: number;
  /** Names of frames whose object is not there: a run would fail at the first. */
  missing: string[];
}

/** Asks the bucket for the size of every frame's object, folder by folder. */
export async function originalBytes(
  bucket: Bucket,
  frames: readonly string[],
  signal?: AbortSignal,
): Promise<OriginalBytes> {
  const wanted = new Set(frames);
  let bytes = 0;
  for (const prefix of outermost(frames))
    for await (const { key, size } of bucket.list(prefix, signal && { signal })) if (wanted.delete(key)) bytes += size;
  return { bytes, missing: [...wanted] };
}

/** Folders that are in no other of them, with a slash at the end. */
function outermost(frames: readonly string[]): string[] {
  const folders = [...new Set(frames.map((frame) => frame.slice(0, frame.lastIndexOf("/") + 1)))].sort();
  const found: string[] = [];
  for (const folder of folders) if (found.length === 0 || !folder.startsWith(found.at(-1) ?? "")) found.push(folder);
  return found;
}
