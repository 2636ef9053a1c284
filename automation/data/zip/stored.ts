import { crc32 } from "node:zlib";
import { UserError } from "../../../components/program/errors.ts";

/** What goes into a zip. */
export interface Entry {
  /** With `/`. */
  name: string;
  content: Buffer;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const VERSION = 20;
const VERSION_64 = 45;
/** Written by a Unix, so that the mode counts. */
const MADE_BY = (3 << 8) | VERSION;
const NAMES_ARE_UTF8 = 1 << 11;
/** 1980-01-01, the first day a zip knows: the same files give the same bytes on any day. */
const DATE = 0x21;
const MODE = 0o100644 * 0x10000;
const MOST_ENTRIES = 0xffff;
const MOST_BYTES = 0xffffffff;
const CHUNK = 256 * 1024;
const LOCAL_HEADER = 30;
const CENTRAL_HEADER = 46;

/**
 * A zip of small files, in pieces of about 256 KiB. Nothing is compressed, as in CVAT's own backups (cvat-real-third-look.md 3.3): label files are
 * too short to gain much, what zlib makes of them differs between processors, and a compressor for each takes longer than all the rest. No library:
 * of those that write more than 65,535 entries each is slower by far or holds all entries.
 * @param entries each one's content is copied before the next is asked for
 * @throws UserError for more than 4 GiB
 */
export function* storedZip(entries: Iterable<Entry>): Generator<Buffer> {
  const directory = new Pieces();
  const files = new Pieces();
  let count = 0;
  for (const { name, content } of entries) {
    const at = files.written;
    if (at + content.length > MOST_BYTES)
      throw new UserError("The files are more than 4 GiB, which no zip of this kind holds.");
    const nameLength = Buffer.byteLength(name);
    const fields = { checksum: crc32(content), size: content.length, nameLength };
    const [header, start] = files.room(LOCAL_HEADER + nameLength + content.length);
    header.writeUInt32LE(LOCAL, start);
    writeFields(header, start + 4, fields);
    header.write(name, start + LOCAL_HEADER);
    content.copy(header, start + LOCAL_HEADER + nameLength);
    const [record, place] = directory.room(CENTRAL_HEADER + nameLength);
    record.writeUInt32LE(CENTRAL, place);
    record.writeUInt16LE(MADE_BY, place + 4);
    writeFields(record, place + 6, fields);
    record.writeUInt32LE(MODE, place + 38);
    record.writeUInt32LE(at, place + 42);
    record.write(name, place + CENTRAL_HEADER);
    count += 1;
    if (files.hasFull) yield* files.taken();
  }
  files.close();
  yield* files.taken();
  directory.close();
  yield* directory.taken();
  yield endRecords(count, directory.written, files.written);
}

/** Bytes that are written one after the other, in pieces of a size that is worth a call. */
class Pieces {
  written = 0;
  #piece = Buffer.alloc(CHUNK);
  #used = 0;
  #full: Buffer[] = [];

  /** Room for so many bytes, all zero: where, and from what byte of it on. */
  room(length: number): [Buffer, number] {
    if (this.#used + length > this.#piece.length) {
      this.close();
      this.#piece = Buffer.alloc(Math.max(CHUNK, length));
    }
    const at = this.#used;
    this.#used += length;
    this.written += length;
    return [this.#piece, at];
  }

  close(): void {
    if (this.#used > 0) this.#full.push(this.#piece.subarray(0, this.#used));
    this.#piece = Buffer.alloc(0);
    this.#used = 0;
  }

  get hasFull(): boolean {
    return this.#full.length > 0;
  }

  /** Those that are full, once. */
  taken(): Buffer[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }
}

interface Fields {
  checksum: number;
  size: number;
  nameLength: number;
}

/** What the two headers of an entry have in common. */
function writeFields(into: Buffer, at: number, { checksum, size, nameLength }: Fields): void {
  into.writeUInt16LE(VERSION, at);
  into.writeUInt16LE(NAMES_ARE_UTF8, at + 2);
  into.writeUInt16LE(DATE, at + 8);
  into.writeUInt32LE(checksum, at + 10);
  into.writeUInt32LE(size, at + 14);
  into.writeUInt32LE(size, at + 18);
  into.writeUInt16LE(nameLength, at + 22);
}

function endRecords(count: number, size: number, at: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(Math.min(count, MOST_ENTRIES), 8);
  end.writeUInt16LE(Math.min(count, MOST_ENTRIES), 10);
  end.writeUInt32LE(Math.min(size, MOST_BYTES), 12);
  end.writeUInt32LE(at, 16);
  return count < MOST_ENTRIES ? end : Buffer.concat([end64(count, size, at), end]);
}

/** More entries than the record at the end can count. */
function end64(count: number, size: number, at: number): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(END_64, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE((3 << 8) | VERSION_64, 12);
  record.writeUInt16LE(VERSION_64, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  record.writeUInt32LE(LOCATOR_64, 56);
  record.writeBigUInt64LE(BigInt(at + size), 64);
  record.writeUInt32LE(1, 72);
  return record;
}
