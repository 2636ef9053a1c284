import { crc32, inflateRawSync } from "node:zlib";
import { fromBufferPromise } from "yauzl";

/** An entry of an archive. */
export interface Entry {
  name: string;
  bytes: Buffer;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_SIZE = 22;
const LOCAL_SIZE = 30;
const UTF8 = 0x0800;
/** 1 January 1980, where DOS begins to count. */
const DATE = 33;

/** A zip of entries as they are, not compressed: as CVAT's backups have them. (cvat-real-third-look.md, 3.3) */
export function zipped(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const path = Buffer.from(name, "utf8");
    const common = commonOf(path, bytes);
    const local = Buffer.alloc(4);
    local.writeUInt32LE(LOCAL);
    const begin = Buffer.alloc(6);
    begin.writeUInt32LE(CENTRAL);
    begin.writeUInt16LE(20, 4);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    parts.push(local, common, path, bytes);
    central.push(begin, common, rest, path);
    offset += local.length + common.length + path.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(END_SIZE);
  end.writeUInt32LE(END);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** What the local and the central header share: version, flags, method, time, date, sum, sizes, lengths. */
function commonOf(path: Buffer, bytes: Buffer): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(UTF8, 2);
  common.writeUInt16LE(DATE, 8);
  common.writeUInt32LE(crc32(bytes), 10);
  common.writeUInt32LE(bytes.length, 14);
  common.writeUInt32LE(bytes.length, 18);
  common.writeUInt16LE(path.length, 22);
  return common;
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
