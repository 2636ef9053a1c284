import { storedZip } from "../../../data/zip/stored.ts";
import type { UnzippedEntry } from "../../../data/zip/unzipped.ts";

export { unzipped } from "../../../data/zip/unzipped.ts";
export type Entry = UnzippedEntry;

/** A zip of entries as they are, not compressed: as CVAT's backups have them. (cvat-real-third-look.md, 3.3) */
export function zipped(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...storedZip(entries.map(({ name, bytes }) => ({ name, content: bytes })))]);
}
