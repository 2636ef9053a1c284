import { open } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { UserError } from "../../../components/program/errors.ts";
import type { ProgressTask } from "../../progress.ts";
import type { Bucket } from "../store/objects.ts";
import { PART } from "../store/parts.ts";
import { severally } from "../store/several.ts";
import { twice } from "./again.ts";
import type { Far } from "./amounts.ts";
import { budgetOf } from "./budget.ts";
import { joined } from "./joined.ts";
import { FirstOf, keyProblem, problemLines, type NameProblem } from "./names.ts";
import { isSame } from "./same.ts";
import { AT_ONCE, HELD_BYTES, Tally, type Moved, type SeenFar } from "./tally.ts";
import { isPart, walk, type LocalFile } from "./walk.ts";

/** A file in parts holds three on their way and reads another. */
const HELD_BY_LARGE = 4 * PART;

export interface PushOptions {
  folder: string;
  /** With a slash at the end, or "". */
  prefix: string;
  /** Says what it would do, and sends nothing. */
  dryRun: boolean;
  /** What is in the bucket alone. `count` only counts. Default: it stays, and is counted. */
  others: "count" | "remove";
  /** Which files are sent, by their paths, and which objects are counted as others. All names are looked at all the same. Default: all. */
  share?: (path: string) => boolean;
  signal?: AbortSignal | undefined;
  task?: ProgressTask;
  seen?: SeenFar;
}

/**
 * Sends what differs: what is missing, of another size, or of another checksum. Before the first is sent, all names are looked at. What the
 * store holds afterwards was compared by its ETag; a file in parts goes on where a killed run stopped.
 * @throws UserError with every name that does not go, before anything is sent
 */
export async function push(bucket: Bucket, options: PushOptions): Promise<Moved> {
  const { folder, prefix, dryRun, others, share = () => true, signal, task, seen } = options;
  const all: Far = { files: 0, bytes: 0 };
  let looked = 0;
  const problems = new FirstOf<NameProblem>();
  const files = await twice(
    () => sendable(folder),
    ({ path: file, size, problem }) => {
      signal?.throwIfAborted();
      looked++;
      task?.update(`looking at names: ${looked}`);
      if (share(file)) {
        all.files++;
        all.bytes += size;
      }
      const why = problem ?? keyProblem(prefix + file);
      if (why !== undefined) problems.add({ path: file, why });
    },
  );
  if (problems.count > 0)
    throw new UserError(problemLines(problems, `${problems.count} of ${looked} files do not go, so none was sent:`));
  if (looked === 0) throw new UserError(`${folder} holds no file.`, { exitCode: 2 });

  const tally = new Tally(all, task, seen);
  const budget = budgetOf(HELD_BYTES);

  await severally(joined(files(), bucket.list(prefix, signal ? { signal } : {}), prefix), AT_ONCE, async (pair) => {
    signal?.throwIfAborted();
    const { local, remote } = pair;
    if (!share(pair.path)) return;
    if (local === undefined) {
      tally.others.add(remote?.key ?? "");
      return;
    }
    const at = path.join(folder, local.path);
    try {
      if (remote?.size === local.size && (await isSame(at, local.size, remote.etag))) tally.same(local.size);
      else {
        if (dryRun) tally.passed(local.size);
        else
          await budget.spend(local.size > PART ? HELD_BY_LARGE : local.size, () =>
            send(bucket, at, prefix + local.path, local.size, tally.passed, signal),
          );
        tally.moved(local.size, remote !== undefined);
      }
    } catch (error) {
      signal?.throwIfAborted();
      const own = fileTrouble(error);
      if (own === undefined) throw error;
      tally.failed.add({ path: local.path, why: own });
    }
    tally.fileDone();
  });

  const removes = others === "remove" && !dryRun && tally.failed.count === 0;
  return tally.result(removes ? await removeStrangers(bucket, sendable(folder), prefix, signal) : 0);
}

/** Files of a folder, without what a pull that was killed has left. */
async function* sendable(folder: string): AsyncGenerator<LocalFile, void> {
  for await (const file of walk(folder)) if (!isPart(file.path)) yield file;
}

/** A file of the person's that was changed or taken away meanwhile: the others go on. */
class Changed extends Error {}

async function send(
  bucket: Bucket,
  file: string,
  key: string,
  size: number,
  sent: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const handle = await open(file);
  try {
    const before = await handle.stat();
    const unchanged = async () => {
      const after = await handle.stat();
      if (before.size !== size || after.size !== size || after.mtimeMs !== before.mtimeMs) throw new Changed();
    };
    if (size <= PART) {
      const bytes = await handle.readFile();
      await unchanged();
      await bucket.put(key, bytes, { size, sent, ...(signal && { signal }) });
      return;
    }
    const parts = async function* () {
      for await (const part of handle.createReadStream({ autoClose: false, highWaterMark: PART })) yield part as Buffer;
      // Before the parts are put together: a file that has changed becomes no object.
      await unchanged();
    };
    await bucket.put(key, Readable.from(parts(), { highWaterMark: 1 }), {
      size,
      resume: true,
      sent,
      ...(signal && { signal }),
    });
  } finally {
    await handle.close();
  }
}

/** What is the matter with the person's own file, and not with the store. */
function fileTrouble(error: unknown): string | undefined {
  if (error instanceof Changed) return "it changed while it was read, and was not sent";
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || !["open", "read", "fstat", "stat", "lstat"].includes(syscall)) return undefined;
  return `it cannot be read (${code ?? ""})`;
}

/** After all was sent: goes through both sides once more, so that no list of them has to be held. */
async function removeStrangers(
  bucket: Bucket,
  files: AsyncIterable<LocalFile>,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let removed = 0;
  let keys: string[] = [];
  const flush = async () => {
    await bucket.remove(keys);
    removed += keys.length;
    keys = [];
  };
  for await (const { local, remote } of joined(files, bucket.list(prefix), prefix)) {
    signal?.throwIfAborted();
    if (local !== undefined || remote === undefined) continue;
    keys.push(remote.key);
    if (keys.length === 1000) await flush();
  }
  if (keys.length > 0) await flush();
  return removed;
}
