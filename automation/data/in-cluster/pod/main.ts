/**
 * What a pod does of a work: the part of its index. Compiled into one file, which is all of the project that the pod has (../program.ts).
 *
 * Arguments: the file of the work, the file of the place, a folder to write in, and for a push the folder that is sent. The index is in
 * JOB_COMPLETION_INDEX.
 */
import { createReadStream } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { x } from "tar";
import { UserError } from "../../../../components/program/errors.ts";
import type { S3Place } from "../../../../components/storage/client/s3.ts";
import { folderPrefix } from "../../cvat/paths.ts";
import { collect } from "../../dataset/check/check.ts";
import { packed, partBegun } from "../../dataset/check/part.ts";
import { hashOf } from "../../dataset/check/hashes.ts";
import { gather } from "../../dataset/manifest/gather.ts";
import { push } from "../../dataset/push.ts";
import { bucketSource } from "../../dataset/source.ts";
import { bucketOf } from "../../store/bucket.ts";
import type { Bucket } from "../../store/objects.ts";
import { Refused } from "../../store/refused.ts";
import { IN_VAIN, TEMPORARY, type PodProgress, type Work } from "../work.ts";

const PROGRESS_MS = 2_000;

interface PodWork {
  work: Work;
  index: number;
  /** A folder of its own. */
  folder: string;
  data: Bucket;
  /** Puts what is read by whoever joins the parts. */
  put: (name: string, body: Parameters<Bucket["put"]>[1], size?: number) => Promise<unknown>;
  seen: (progress: PodProgress) => void;
}

async function main(): Promise<void> {
  const [workFile = "", placeFile = "", scratch = ""] = process.argv.slice(2);
  const work = JSON.parse(await readFile(workFile, "utf8")) as Work;
  const place = JSON.parse(await readFile(placeFile, "utf8")) as S3Place;
  const index = Number(process.env["JOB_COMPLETION_INDEX"]);
  const folder = path.join(scratch, String(index));
  await mkdir(folder, { recursive: true });
  const data = bucketOf(place, work.bucket);
  const temporary = bucketOf(place, work.temporary.bucket);
  if (work.hasPackages) await fetchPackages(temporary, work.temporary.folder + TEMPORARY.packages, folder);
  const put: PodWork["put"] = (name, body, size) =>
    temporary.put(work.temporary.folder + name, body, size === undefined ? {} : { size });
  const progress = toldNowAndThen((now) => put(TEMPORARY.progress(index), Buffer.from(JSON.stringify(now))));
  const pod = { work, index, folder, data, put, seen: progress.seen };
  try {
    await DOES[work.verb](pod);
  } finally {
    await progress.end();
  }
}

/** Packages that cannot be a part of one file of JavaScript. What imports them finds them by this variable. */
async function fetchPackages(temporary: Bucket, key: string, folder: string): Promise<void> {
  await pipeline(await temporary.read(key), x({ cwd: folder }));
  process.env["VISION_PLATFORM_PACKAGES"] = `${folder}/`;
}

async function check({ work, index, data, put, seen }: PodWork): Promise<void> {
  const { prefix, parts, deep, parallel } = work;
  const { FilmReader } = await import("../../pictures/film.ts");
  const films = new FilmReader();
  const into = partBegun();
  await collect(bucketSource(data, prefix), into, {
    films,
    parallel,
    mostSizes: Infinity,
    ...(parts[index] && { part: parts[index] }),
    ...(deep && { deep: (await import("../../pictures/decode.ts")).decode }),
    seen: ({ files }) => {
      seen({ objects: files });
    },
  });
  await films.close();
  await put(TEMPORARY.report(index), packed(into));
}

async function manifest({ work, index, folder, data, put, seen }: PodWork): Promise<void> {
  const { prefix, parts, parallel } = work;
  const { gathered, file } = await gather(data, prefix, {
    folder,
    parallel,
    ...(parts[index] && { part: parts[index] }),
    seen: ({ pictures, broken, films, others }) => {
      seen({ objects: pictures + broken.count + films + others });
    },
  });
  // A part may have all that the manifest that is there has.
  const there = file === undefined ? await data.stat(gathered.key) : undefined;
  if (file !== undefined) await put(TEMPORARY.lines(index), createReadStream(file), (await stat(file)).size);
  else await put(TEMPORARY.lines(index), await data.read(gathered.key), there?.size);
  await put(TEMPORARY.report(index), Buffer.from(JSON.stringify(gathered)));
}

async function send({ work, index, data, put, seen }: PodWork): Promise<void> {
  const { prefix, parts, dryRun = false } = work;
  const [, , , folder = ""] = process.argv.slice(2);
  const moved = await push(data, {
    ...{ folder, dryRun, others: "count" },
    prefix: folderPrefix(prefix),
    share: (file) => hashOf(file) % parts.length === index,
    seen: (done, all) => {
      seen({ objects: done.files, of: all.files });
    },
  });
  await put(TEMPORARY.report(index), Buffer.from(JSON.stringify(moved)));
}

const DOES: Record<Work["verb"], (pod: PodWork) => Promise<void>> = { check, manifest, push: send };

/** Tells the newest every two seconds, one at a time. That it could not be told is no harm. */
function toldNowAndThen(tell: (progress: PodProgress) => Promise<unknown>) {
  let newest: PodProgress | undefined;
  let telling: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    if (newest === undefined || telling !== undefined) return;
    telling = tell(newest)
      .catch(() => undefined)
      .finally(() => (telling = undefined));
    newest = undefined;
  }, PROGRESS_MS);
  return {
    seen: (progress: PodProgress) => void (newest = progress),
    async end() {
      clearInterval(timer);
      await telling;
    },
  };
}

// The first process of a container is not ended by a signal that it does not listen to.
process.on("SIGTERM", () => process.exit(143));
try {
  await main();
} catch (error) {
  // What a person must mend first is the same when it is tried again.
  const isInVain = error instanceof Refused ? error.status !== undefined && !error.mayPass : error instanceof UserError;
  process.stderr.write(`${error instanceof UserError ? error.message : String(error)}\n`);
  process.exit(isInVain ? IN_VAIN : 1);
}
