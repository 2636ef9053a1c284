import { inflateRawSync } from "node:zlib";
import { fromBufferPromise } from "yauzl";

/** An entry of an archive. */
export interface UnzippedEntry {
  name: string;
  bytes: Buffer;
  /** The checksum that the archive has for it. */
  crc32?: number;
}

const LOCAL_SIZE = 30;

/** The files of a small zip that is in memory; undefined when it is none, or is cut off. */
export async function unzipped(archive: Buffer): Promise<UnzippedEntry[] | undefined> {
  const entries: UnzippedEntry[] = [];
  try {
    const zip = await fromBufferPromise(archive, { lazyEntries: true });
    for await (const { fileName: name, ...entry } of zip.eachEntry()) {
      const at = entry.relativeOffsetOfLocalHeader;
      const begin = at + LOCAL_SIZE + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
      const packed = archive.subarray(begin, begin + entry.compressedSize);
      if (!name.endsWith("/"))
        entries.push({
          name,
          bytes: entry.compressionMethod === 0 ? packed : inflateRawSync(packed),
          crc32: entry.crc32,
        });
    }
  } catch {
    return undefined;
  }
  return entries;
}
