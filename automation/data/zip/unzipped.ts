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
/** All files together. No chunk and no export of a few pictures comes near; what says it does would take all memory of this machine. */
const LARGEST = 256 * 1024 * 1024;

/** The files of a small zip that is in memory; undefined when it is none, is cut off, or holds more than it says or than 256 MiB. */
export async function unzipped(archive: Buffer): Promise<UnzippedEntry[] | undefined> {
  const entries: UnzippedEntry[] = [];
  let whole = 0;
  try {
    const zip = await fromBufferPromise(archive, { lazyEntries: true });
    for await (const { fileName: name, ...entry } of zip.eachEntry()) {
      const at = entry.relativeOffsetOfLocalHeader;
      const begin = at + LOCAL_SIZE + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
      whole += entry.uncompressedSize;
      if (whole > LARGEST) return undefined;
      const packed = archive.subarray(begin, begin + entry.compressedSize);
      const limit = { maxOutputLength: Math.max(1, entry.uncompressedSize) };
      if (!name.endsWith("/"))
        entries.push({
          name,
          bytes: entry.compressionMethod === 0 ? packed : inflateRawSync(packed, limit),
          crc32: entry.crc32,
        });
    }
  } catch {
    return undefined;
  }
  return entries;
}
