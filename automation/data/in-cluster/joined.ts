import type { CheckReport, JudgeOptions } from "../dataset/check/report.ts";
import { addPart } from "../dataset/check/part.ts";
import { judged, nothingYet } from "../dataset/check/report.ts";
import type { Gathered } from "../dataset/manifest/gather.ts";
import { joinedParts } from "../dataset/manifest/joined-parts.ts";
import { movedSum } from "../dataset/moved-sum.ts";
import type { Moved } from "../dataset/tally.ts";
import { bucketSource, fileOf, folderOf } from "../dataset/source.ts";
import type { Bucket } from "../store/objects.ts";
import { piecesOf } from "../store/pieces.ts";
import { wholeOf } from "../store/whole.ts";
import type { PartsDone } from "./run.ts";
import { TEMPORARY, type Work } from "./work.ts";

/** The report of a check whose parts were looked at in the cluster. A few pictures are read here, to know what they take in CVAT's cache. */
export async function joinedCheck({ work, data, temporary }: PartsDone, options: JudgeOptions): Promise<CheckReport> {
  const folder = folderOf(work.prefix);
  const all = nothingYet();
  for (const index of work.parts.keys())
    addPart(all, await reportOf(work, temporary, index), (file) =>
      fileOf(data, { ...file, key: folder + file.name }, file.name),
    );
  return judged(bucketSource(data, work.prefix), all, options);
}

/** What was gathered for a manifest in the cluster. @param folder of this run's own */
export function joinedManifest({ work, data, temporary }: PartsDone, folder: string) {
  return allOf(work, async (index) => {
    const gathered = JSON.parse((await reportOf(work, temporary, index)).toString()) as Gathered;
    const key = work.temporary.folder + TEMPORARY.lines(index);
    const lines = async () => {
      const there = await temporary.stat(key);
      return piecesOf(temporary, key, there?.etag, there?.size ?? 0);
    };
    return { gathered, lines };
  }).then((parts) => joinedParts(data, folder, parts));
}

/** What was sent from a claim. */
export async function joinedPush({ work, temporary }: PartsDone): Promise<Moved> {
  return movedSum(
    await allOf(work, async (index) => JSON.parse((await reportOf(work, temporary, index)).toString()) as Moved),
  );
}

const allOf = <T>({ parts }: Work, read: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(parts.map((_, index) => read(index)));

async function reportOf({ temporary: { folder } }: Work, temporary: Bucket, index: number): Promise<Buffer> {
  return (await wholeOf(temporary, folder + TEMPORARY.report(index))) ?? Buffer.alloc(0);
}
