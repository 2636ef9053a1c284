import { access } from "node:fs/promises";
import { UserError } from "../../components/program/errors.ts";
import { filesBySubset, framesIn, zipPlan, type ZipWish } from "../data/annotations/zip-plan.ts";
import { zipToBucket, zipToFile } from "../data/annotations/zip-write.ts";
import type { Bucket } from "../data/store/objects.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { onStop, Stopped } from "../signals.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface ZipFlags extends DataStackFlags {
  labels?: string;
  task?: string;
  project?: string;
  frames?: string;
  output?: string;
  to?: string;
  partial?: true;
  force?: true;
}

/** Writes label files into a zip for frames that a file names: nothing of a lab is asked, or loaded. */
export async function zipHere(place: string, flags: ZipFlags & { frames: string; output: string }): Promise<void> {
  const { frames, output } = flags;
  const about = await wishOf(place, flags);
  const ends = new AbortController();
  const off = onStop((signal) => {
    ends.abort(new Stopped(signal, "Stopped."));
  });
  try {
    await zipped({ ...about, frames: await framesIn(frames) }, { file: output }, flags, streamProgress(), ends.signal);
  } finally {
    off();
  }
}

/** @throws UserError, exit code 2, for flags that do not say for what or where to, and for a file that is there already */
export async function wishOf(place: string, flags: ZipFlags): Promise<Omit<ZipWish, "frames">> {
  const { task, frames, output, to, labels, partial = false, force = false } = flags;
  if ((task === undefined) === (frames === undefined))
    throw new UserError("Say for which frames: --task NAME, or --frames FILE.", { exitCode: 2 });
  if (output === undefined && to === undefined)
    throw new UserError("Say where to: --output FILE, or --to PREFIX.", { exitCode: 2 });
  if (output !== undefined && !force) await refuseFile(output);
  return { place, partial, ...(labels !== undefined && { labels }) };
}

/** Writes it, and says what is in it. */
export async function zipped(
  wish: ZipWish,
  target: { file: string } | { bucket: Bucket; key: string },
  { json }: DataStackFlags,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const where = "file" in target ? target.file : `s3://${target.bucket.name}/${target.key}`;
  const began = performance.now();
  const plan = await progress.task("Matching label files and frames", () => zipPlan(wish));
  const total = plan.subsets.reduce((sum, { files }) => sum + files.length, 0);
  const counts = await progress.task(`Writing ${where}`, (shown) => {
    const start = performance.now();
    const said = (files: number) => shown.update(rateText(files, total, performance.now() - start));
    return "file" in target
      ? zipToFile(plan, target.file, { said, signal })
      : zipToBucket(plan, target.bucket, target.key, { said, signal });
  });
  const { leftOut, unlabelled, layout, subsets } = plan;
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const result = { zip: where, layout, subsets: filesBySubset(subsets), ...counts, unlabelled, leftOut, seconds };
  print(result, zipText(result), json);
}

interface ZipResult {
  zip: string;
  subsets: Record<string, number>;
  files: number;
  empty: number;
  mended: number;
  boxes: number;
  byClass: Record<string, number>;
  unlabelled: number;
  leftOut: number;
}

function zipText({
  zip: where,
  subsets,
  files,
  empty,
  mended,
  boxes,
  byClass,
  unlabelled,
  leftOut,
}: ZipResult): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  return [
    `${where}: ${files} label files (${list(subsets)}), ${empty} of them empty; ${boxes} boxes (${list(byClass)}).`,
    ...(mended > 0 ? [`${mended} files had a byte order mark or other ends of lines, which are left out.`] : []),
    ...(unlabelled > 0 ? [`${unlabelled} frames have no label file: after an import they have no boxes.`] : []),
    ...(leftOut > 0 ? [`${leftOut} label files belong to no frame of the task and are left out.`] : []),
  ].join("\n");
}

function rateText(files: number, total: number, milliseconds: number): string {
  const rate = files / Math.max(1, milliseconds);
  const left = Math.round((total - files) / Math.max(rate, 1e-9) / 1000);
  return `${files} of ${total} files, ${Math.round(rate * 1000)} a second, ${left} s left`;
}

/** @throws UserError, exit code 2, where there is such a file */
export async function refuseFile(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UserError(`${file} is there already. --force overwrites it.`, { exitCode: 2 });
}
