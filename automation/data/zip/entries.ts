import { open } from "node:fs/promises";
import { readSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { fromFdPromise, type Entry } from "yauzl";
import { UserError } from "../../../components/program/errors.ts";

/** A file in a zip. */
export interface ZipFileEntry {
  name: string;
  /** Bytes, uncompressed. */
  size: number;
  /** Reads it whole. */
  content: () => Buffer;
}

const STORED = 0;
const DEFLATED = 8;
const LOCAL_HEADER = 30;
/** No label file and no list is as large; what says it is, is no zip of labels. */
const LARGEST = 256 * 1024 * 1024;

/**
 * The files in a zip, one after the other. yauzl reads its directory; contents are read at once from where they lie, since a stream for each of a
 * hundred thousand small ones takes longer than all else.
 * @throws UserError, exit code 2, for what is no zip or cannot be read
 */
export async function* entriesOf(file: string): AsyncGenerator<ZipFileEntry> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) throw new UserError(`${file} cannot be read.`, { exitCode: 2 });
  try {
    const zip = await fromFdPromise(handle.fd, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) {
      const { fileName: name, uncompressedSize: size } = entry;
      if (!name.endsWith("/")) yield { name, size, content: () => contentOf(file, handle.fd, entry) };
    }
  } catch (error) {
    throw noZip(file, error);
  } finally {
    await handle.close();
  }
}

function contentOf(file: string, fd: number, entry: Entry): Buffer {
  const { fileName, compressionMethod, compressedSize, uncompressedSize, relativeOffsetOfLocalHeader: at } = entry;
  if (Math.max(compressedSize, uncompressedSize) > LARGEST)
    throw new UserError(`${file}: ${fileName} is ${uncompressedSize} bytes, which no label file is.`, { exitCode: 2 });
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED)
    throw new UserError(
      `${file}: ${fileName} is packed by method ${compressionMethod}, which CVAT may not read either.`,
      {
        exitCode: 2,
      },
    );
  const header = bytesAt(fd, at, LOCAL_HEADER);
  const start = at + LOCAL_HEADER + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = bytesAt(fd, start, compressedSize);
  try {
    return compressionMethod === STORED
      ? packed
      : inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
  } catch (error) {
    throw noZip(`${file}: ${fileName}`, error);
  }
}

function bytesAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, at);
  return bytes;
}

const noZip = (file: string, error: unknown) =>
  new UserError(`${file} is no whole zip: ${(error as Error).message}`, { exitCode: 2, cause: error });
