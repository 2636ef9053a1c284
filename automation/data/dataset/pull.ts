import { createHash } from "node:crypto";
import { lstat, mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import type { ProgressTask } from "../../progress.ts";
import type { Bucket, ObjectInfo } from "../store/objects.ts";
import { PIECE } from "../store/pieces.ts";
import { severally } from "../store/several.ts";
import { twice } from "./again.ts";
import type { Far } from "./amounts.ts";
import { budgetOf } from "./budget.ts";
import { joined } from "./joined.ts";
import { FirstOf, fileProblem, problemLines, type NameProblem } from "./names.ts";
import { hashesFor, isSame } from "./same.ts";
import { AT_ONCE, Tally, type Moved } from "./tally.ts";
import { isPart, walk, type LocalFile } from "./walk.ts";

/** Bytes of pieces that are fetched side by side; each is held twice while it comes. */
const HELD = 8 * PIECE;

export interface PullOptions {
  /** Made where it is not there. */
  folder: string;
  /** With a slash at the end, or "". */
  prefix: string;
  dryRun: boolean;
  /** What is in the folder alone. `count` only counts. */
  others: "count" | "remove";
  signal?: AbortSignal | undefined;
  task?: ProgressTask;
}

/**
 * Fetches what differs: what is missing, of another size, or of another checksum. A file is written beside its place, compared with the
 * object's ETag, and then renamed; nothing is written outside of the folder, nor through a link in it.
 * @throws UserError with every name that does not go, before anything is fetched
 */
export async function pull(bucket: Bucket, options: PullOptions): Promise<Moved> {
  const { folder, prefix, dryRun, others, signal, task } = options;
  const all: Far = { files: 0, bytes: 0 };
  const problems = new FirstOf<NameProblem>();
  let before = "";
  const objects = await twice(
    () => filesOf(bucket, prefix, signal),
    ({ key, size }) => {
      signal?.throwIfAborted();
      all.files++;
      all.bytes += size;
      task?.update(`looking at names: ${all.files}`);
      const file = key.slice(prefix.length);
      // In the order of keys a folder follows the file of its name, but for the few signs before the slash.
      const why = file.startsWith(`${before}/`) ? `${JSON.stringify(before)} is an object, too` : fileProblem(file);
      before = file;
      if (why !== undefined) problems.add({ path: file, why });
    },
  );
  if (problems.count > 0)
    throw new UserError(
      problemLines(problems, `${problems.count} of ${all.files} objects do not go, so none was fetched:`),
    );
  if (all.files === 0) throw new UserError(`No object of bucket ${bucket.name} is below ${prefix || "its beginning"}.`);

  const tally = new Tally(all, task);
  const budget = budgetOf(HELD);
  const folders = new Folders(folder);
  if (!dryRun) await mkdir(folder, { recursive: true });

  await severally(joined(filesIn(folder), objects(), prefix), AT_ONCE, async ({ path: file, local, remote }) => {
    signal?.throwIfAborted();
    if (remote === undefined) {
      tally.others.add(file);
      return;
    }
    const at = path.join(folder, file);
    try {
      if (local?.size === remote.size && local.problem === undefined && (await isSame(at, remote.size, remote.etag)))
        tally.same(remote.size);
      else {
        if (dryRun) tally.passed(remote.size);
        else {
          await folders.make(path.posix.dirname(file));
          await budget.spend(Math.min(remote.size, PIECE), () => fetchFile(bucket, remote, at, tally.passed, signal));
        }
        tally.moved(remote.size, local !== undefined);
      }
    } catch (error) {
      signal?.throwIfAborted();
      const why = ownTrouble(error);
      if (why === undefined) throw error;
      tally.failed.add({ path: file, why });
    }
    tally.fileDone();
  });

  const hasFailed = tally.failed.count > 0;
  const removes = others === "remove" && !dryRun && !hasFailed;
  const removed = removes ? await removeStrangers(folder, objects(), prefix, signal) : 0;
  if (!dryRun && !hasFailed) await removeParts(folder);
  return tally.result(removed);
}

/** Objects that become files: not the marks of folders. */
async function* filesOf(bucket: Bucket, prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectInfo, void> {
  for await (const object of bucket.list(prefix, signal ? { signal } : {})) if (!object.key.endsWith("/")) yield object;
}

/** Files that are there, none where the folder is not. */
async function* filesIn(folder: string): AsyncGenerator<LocalFile, void> {
  const there = await stat(folder).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isDirectory()) throw new UserError(`${folder} is no folder.`, { exitCode: 2 });
  for await (const file of walk(folder)) if (!isPart(file.path)) yield file;
}

/** A file that the person's own disk does not take; the others go on. */
class Own extends Error {}

/** Folders below one, made as they are needed, none of them a link that leads elsewhere. */
class Folders {
  readonly #root: string;
  readonly #made = new Set<string>(["."]);

  constructor(root: string) {
    this.#root = root;
  }

  async make(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await this.make(path.posix.dirname(folder));
    const at = path.join(this.#root, folder);
    const there = await lstat(at).catch(() => undefined);
    if (there === undefined) await mkdir(at, { recursive: true });
    else if (there.isSymbolicLink()) throw new Own(`${folder} is a link here, and nothing is written through it`);
    else if (!there.isDirectory()) throw new Own(`${folder} is a file here`);
    this.#made.add(folder);
  }
}

/** Fetches an object into a file beside its place, which takes its name when its checksum is right. */
async function fetchFile(
  bucket: Bucket,
  object: ObjectInfo,
  file: string,
  got: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = createHash("md5").update(`${object.key}\n${object.etag}`).digest("hex");
  const part = path.join(path.dirname(file), `.vision-platform-${name}.part`);
  const isGood =
    object.size <= PIECE
      ? await fetchSmall(bucket, object, part, got)
      : await fetchInPieces(bucket, object, part, got, signal);
  if (!isGood) {
    await rm(part, { force: true });
    throw new Own("what came is not what its checksum says; run this again");
  }
  await rename(part, file);
}

async function fetchSmall(
  bucket: Bucket,
  { key, size, etag }: ObjectInfo,
  part: string,
  got: (bytes: number) => void,
): Promise<boolean> {
  const bytes = await pieceOf(bucket, { key, size, etag }, 0);
  const hashes = [...hashesFor(size, etag)];
  for (const hash of hashes) hash.update(bytes);
  await writeFile(part, bytes);
  got(bytes.length);
  return hashes.length === 0 || hashes.some((hash) => hash.digest() === etag);
}

/** Goes on from where a run that was killed has come to with the same object. */
async function fetchInPieces(
  bucket: Bucket,
  object: ObjectInfo,
  part: string,
  got: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { size, etag } = object;
  const handle = await open(part, "a+");
  try {
    const there = (await handle.stat()).size;
    if (there > size) await handle.truncate(0);
    const from = there > size ? 0 : there;
    got(from);
    const [hash, ...others] = hashesFor(size, etag);
    if (from > 0) await hash?.updateFrom(part);
    for (let at = from; at < size; at += PIECE) {
      signal?.throwIfAborted();
      const bytes = await pieceOf(bucket, object, at);
      const written = handle.appendFile(bytes);
      hash?.update(bytes);
      await written;
      got(bytes.length);
    }
    // Read again only where it was put in parts of a size that is not the likeliest.
    return hash === undefined || hash.digest() === etag || (others.length > 0 && (await isSame(part, size, etag)));
  } finally {
    await handle.close();
  }
}

async function pieceOf(bucket: Bucket, { key, size, etag }: Pick<ObjectInfo, "key" | "size" | "etag">, at: number) {
  const wanted = Math.min(PIECE, size - at);
  const bytes = await bucket.range(key, at, wanted, etag);
  if (bytes.length !== wanted) throw new Own(`the store sent ${bytes.length} bytes of it only`);
  return bytes;
}

function ownTrouble(error: unknown): string | undefined {
  if (error instanceof Own) return error.message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "EISDIR" && syscall === "rename") return "a folder of that name is here";
  if (syscall === undefined || code === "ENOSPC") return undefined;
  return ["open", "mkdir", "rename", "write", "stat"].includes(syscall)
    ? `it cannot be written (${code ?? ""})`
    : undefined;
}

async function removeStrangers(
  folder: string,
  objects: AsyncIterable<ObjectInfo>,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let removed = 0;
  for await (const { path: file, remote } of joined(filesIn(folder), objects, prefix)) {
    signal?.throwIfAborted();
    if (remote !== undefined) continue;
    await rm(path.join(folder, file), { force: true });
    removed++;
  }
  return removed;
}

/** What runs that were killed have left, of objects that are others by now. */
async function removeParts(folder: string): Promise<void> {
  for await (const { path: file } of walk(folder)) if (isPart(file)) await rm(path.join(folder, file), { force: true });
}
