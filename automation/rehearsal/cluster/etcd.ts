import { open, readdir, rm, type FileHandle } from "node:fs/promises";
import path from "node:path";

const PAGE = 4096;
const READ_AT_ONCE = 256 * PAGE;

/**
 * Takes away the room that etcd has set aside in its log for later, 64 MB in each file, once it is ended: it is longer than all else that a
 * rehearsal has on disk. etcd goes on where the records end. (etcd v3.6: server/storage/wal/wal.go, `openAtIndex`; client/pkg/fileutil, `ZeroToEnd`)
 */
export async function trimLogOf(dataFolder: string): Promise<void> {
  const folder = path.join(dataFolder, "member", "wal");
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    if (name.endsWith(".tmp")) await rm(file, { force: true });
    else if (name.endsWith(".wal")) await trim(file);
  }
}

async function trim(name: string): Promise<void> {
  const file = await open(name, "r+");
  try {
    const { size } = await file.stat();
    // A record ends with up to seven zeros of its own.
    const end = Math.ceil((await lengthWithoutZeros(file, size)) / PAGE) * PAGE + PAGE;
    if (end < size) await file.truncate(end);
  } finally {
    await file.close();
  }
}

async function lengthWithoutZeros(file: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(READ_AT_ONCE);
  const zeros = Buffer.alloc(READ_AT_ONCE);
  for (let from = Math.floor(size / READ_AT_ONCE) * READ_AT_ONCE; from >= 0; from -= READ_AT_ONCE) {
    const { bytesRead } = await file.read(buffer, 0, READ_AT_ONCE, from);
    const read = buffer.subarray(0, bytesRead);
    if (!read.equals(zeros.subarray(0, bytesRead))) return from + read.findLastIndex((byte) => byte !== 0) + 1;
  }
  return 0;
}
