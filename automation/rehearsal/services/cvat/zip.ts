import { crc32, inflateRawSync } from "node:zlib";

/** An entry of an archive. */
export interface Entry {
  name: string;
  bytes: Buffer;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 65_535;
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

/** The files of a zip; undefined when it is none. An archive of 65,535 entries and more says so in its zip64 record. */
export function unzipped(archive: Buffer): Entry[] | undefined {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end < archive.length - END_SIZE - LONGEST_COMMENT || end + END_SIZE > archive.length) return undefined;
  const { count, start } = directoryOf(archive, end);
  const entries: Entry[] = [];
  let at = start;
  for (let number = 0; number < count; number++) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== CENTRAL) return undefined;
    const method = archive.readUInt16LE(at + 10);
    const nameLength = archive.readUInt16LE(at + 28);
    const extraLength = archive.readUInt16LE(at + 30);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    const { size, offset } = placeOf(archive, at, nameLength, extraLength);
    const data = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
    const stored = archive.subarray(data, data + size);
    if (!name.endsWith("/")) entries.push({ name, bytes: method === 0 ? stored : inflateRawSync(stored) });
    at += 46 + nameLength + extraLength + archive.readUInt16LE(at + 32);
  }
  return entries;
}

const IN_ZIP64 = 0xffffffff;

function directoryOf(archive: Buffer, end: number): { count: number; start: number } {
  const count = archive.readUInt16LE(end + 10);
  const start = archive.readUInt32LE(end + 16);
  if (count !== 0xffff && start !== IN_ZIP64) return { count, start };
  const wide = Number(archive.readBigUInt64LE(end - 20 + 8));
  return { count: Number(archive.readBigUInt64LE(wide + 32)), start: Number(archive.readBigUInt64LE(wide + 48)) };
}

/** Packed size and offset of an entry; what does not fit is in its extra field, in this order. */
function placeOf(archive: Buffer, at: number, nameLength: number, extraLength: number) {
  const values = {
    unpacked: archive.readUInt32LE(at + 24),
    size: archive.readUInt32LE(at + 20),
    offset: archive.readUInt32LE(at + 42),
  };
  let extra = at + 46 + nameLength;
  const last = extra + extraLength;
  while (extra + 4 <= last) {
    const length = archive.readUInt16LE(extra + 2);
    if (archive.readUInt16LE(extra) === 1) {
      let value = extra + 4;
      for (const field of ["unpacked", "size", "offset"] as const) {
        if (values[field] !== IN_ZIP64) continue;
        values[field] = Number(archive.readBigUInt64LE(value));
        value += 8;
      }
    }
    extra += 4 + length;
  }
  return values;
}
