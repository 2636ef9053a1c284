import { inflateRawSync } from "node:zlib";
import { fromBufferPromise } from "yauzl";
import { storedZip } from "../../../data/zip/stored.ts";

/** An entry of an archive. */
export interface Entry {
  name: string;
  bytes: Buffer;
}

const LOCAL_SIZE = 30;

/** A zip of entries as they are, not compressed: as CVAT's backups have them. (cvat-real-third-look.md, 3.3) */
export function zipped(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...storedZip(entries.map(({ name, bytes }) => ({ name, content: bytes })))]);
}

/** The files of a zip; undefined when it is none, or is cut off. */
export async function unzipped(archive: Buffer): Promise<Entry[] | undefined> {
  const entries: Entry[] = [];
  try {
    const zip = await fromBufferPromise(archive, { lazyEntries: true });
    for await (const { fileName: name, ...entry } of zip.eachEntry()) {
      const at = entry.relativeOffsetOfLocalHeader;
      const begin = at + LOCAL_SIZE + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
      const packed = archive.subarray(begin, begin + entry.compressedSize);
      if (!name.endsWith("/"))
        entries.push({ name, bytes: entry.compressionMethod === 0 ? packed : inflateRawSync(packed) });
    }
  } catch {
    return undefined;
  }
  return entries;
}
