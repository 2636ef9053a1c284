import { UserError } from "../../components/program/errors.ts";
import { annotate, annotatePlan, commandOf, type AnnotatePlan, type Annotated } from "../data/annotate/annotate.ts";
import { writtenMapping } from "../data/annotate/mapping.ts";
import { cancelRun } from "../data/annotate/run.ts";
import { noteName, type RunNote } from "../data/annotate/take-up.ts";
import { countsText, sumOf } from "../data/annotations/counts.ts";
import { keptKey } from "../data/annotations/keys.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { inDataLab } from "../data/connect/run.ts";
import { projectNamed, storageOfBucket, storagesOf, taskNamed } from "../data/cvat/find.ts";
import type { CvatSpace } from "../data/cvat/space.ts";
import { binaryText } from "../data/room/binary-text.ts";
import { annotatingFilms } from "../data/room/film-chunks.ts";
import { CACHE_SHARE, roomInCache, roomText } from "../data/room/room.ts";
import { notesIn } from "../data/store/notes.ts";
import { bytesOf } from "../data/tasks/bytes.ts";
import { saidWhenSlow, streamProgress } from "../progress.ts";
import { Stopped } from "../signals.ts";
import { EXPORTS } from "./annotations-target.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface AnnotateFlags extends DataStackFlags {
  function?: string;
  project?: string;
  threshold?: number;
  mapping?: string;
  replace?: true;
  dryRun?: true;
  cancel?: true;
}

/** Has a function annotate a task through CVAT. */
export async function annotateTask(name: string, flags: AnnotateFlags): Promise<void> {
  const { json, threshold, replace = false, dryRun = false } = flags;
  const wanted = flags.function;
  if (wanted === undefined && !flags.cancel)
    throw new UserError("Say which function: --function NAME (function list has them).", { exitCode: 2 });
  const written = flags.mapping === undefined ? undefined : await writtenMapping(flags.mapping);
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    stands("Nothing was begun.");
    const space = await lab.space();
    const within = flags.project === undefined ? undefined : await projectNamed(space, flags.project);
    const task = await taskNamed(space, name, within);
    const store = lab.plan.store && (await lab.bucket(EXPORTS, { signal: null }));
    const runs = store && notesIn<RunNote>(store, lab.temporary);
    const nameOfKept = (key: string) => `s3://${store?.name ?? ""}/${key}`;
    if (flags.cancel) {
      const at = await progress.task(`Cancelling the run over task ${task.name}`, () =>
        cancelRun(space.client, task.id),
      );
      const note = await runs?.read(noteName(task.id));
      const kept = note?.isDead ? note.facts.kept : null;
      if (note?.isDead) await runs?.remove(noteName(task.id));
      const text = [
        at === undefined ? "No run was on." : `Cancelled at ${at} % of the frames; what it had done is kept.`,
        ...(store && kept !== null
          ? [
              `What the task had before: ${nameOfKept(kept)}. Back by: ${commandOf(task.name, { bucket: store, key: kept })}`,
            ]
          : []),
      ];
      const facts = { task: { id: task.id, name: task.name }, cancelled: at !== undefined, progress: at };
      print({ ...facts, ...(kept !== null && { kept }) }, text.join("\n"), json);
      return;
    }
    const plan = await saidWhenSlow(progress, `Looking at task ${task.name}`, () =>
      annotatePlan(space, task, { function: wanted ?? "", written, threshold, replace, runs }),
    );
    const cache = await progress.task("Looking at what the run takes of CVAT's cache", () =>
      cacheOf(lab, space, plan, signal),
    );
    const said = [...planLines(plan), ...(store ? leftLines(plan, store) : []), ...cache.lines];
    const facts = {
      task: { id: task.id, name: task.name },
      function: plan.function,
      mapping: plan.mapping,
      before: plan.before,
    };
    if (dryRun) {
      print(
        { ...facts, dryRun: true, cacheBytes: cache.bytes, notes: plan.notes },
        [...said, "Nothing was begun."].join("\n"),
        json,
      );
      return;
    }
    for (const line of said) progress.line(line);
    const keeping = replace ? await placeOfKept(lab, space, task.id) : undefined;
    const began = performance.now();
    const done = await progress.task(`${plan.function} annotates task ${task.name}`, async (shown) =>
      annotate(space, plan, {
        update: (text) => shown.update(withRate(text, performance.now() - began)),
        ...{ signal, clearing: await lab.cvat({ signal: null }), runs, keeping },
        keptAt: (key) => {
          const back = keeping && commandOf(task.name, { ...keeping, key });
          progress.line(`What the task had is kept as ${nameOfKept(key)}. Back by: ${back ?? ""}`);
        },
      }),
    );
    const text = endText(plan, done, keeping?.bucket);
    const forget = async () => runs?.remove(noteName(task.id));
    // The run's end by a signal is told as one: how far it came stands in it.
    if (signal.reason instanceof Stopped) {
      await forget();
      throw new Stopped(signal.reason.signal, text);
    }
    print({ ...facts, ...done, cacheBytes: cache.bytes, notes: plan.notes }, text, json);
    await forget();
  });
}

function planLines({ task, before, mapping, notes, function: name, replace }: AnnotatePlan): string[] {
  const had = sumOf(before) === 0 ? "has no annotations" : `has ${countsText(before)}`;
  const then = sumOf(before) === 0 ? "" : replace ? ", which are replaced" : ", and keeps them: the run adds to them";
  const pairs = Object.entries(mapping).map(([from, to]) => (from === to.name ? from : `${from} as ${to.name}`));
  return [`Task ${task.name} ${had}${then}.`, `${name} gives: ${pairs.join(", ")}.`, ...notes];
}

const DEAD = {
  unbegun: "had not come to CVAT with it",
  on: "has begun it in CVAT, which is at it",
  finished: "has begun it in CVAT, which has finished it since",
  failed: "has begun it in CVAT, which failed at it",
  cancelled: "has begun it in CVAT, and it was cancelled",
  unknown: "may have begun it in CVAT, which has forgotten how it ended",
} as const;

/** What a command that died has left, and where it kept what the task had. */
function leftLines({ task, left }: AnnotatePlan, bucket: { name: string }): string[] {
  if (left.is === "nothing") return [];
  const key = left.is === "unbegun" ? left.kept : left.note.kept;
  return [
    `A command that died ${DEAD[left.is]}.`,
    ...(key === null
      ? []
      : [`What the task had then is s3://${bucket.name}/${key}. Back by: ${commandOf(task.name, { bucket, key })}`]),
  ];
}

function endText({ task }: AnnotatePlan, done: Annotated, bucket: { name: string } | undefined): string {
  const { how, progress, before, after, kept, restored } = done;
  const had = kept === undefined || !bucket ? "" : ` What it had is kept as s3://${bucket.name}/${kept}.`;
  const head = how === "finished" ? "Finished" : `Cancelled at ${progress} % of the frames`;
  if (restored === "again")
    return `${head}: task ${task.name} has what it had before again, ${countsText(after)}; what the run had found is gone.`;
  const counts = `${head}: task ${task.name} had ${countsText(before)} and now has ${countsText(after)}.${had}`;
  if (restored === undefined || kept === undefined || !bucket) return counts;
  return `${counts} It could not be put back: ${restored.why} By hand: ${commandOf(task.name, { bucket, key: kept })}`;
}

/** `40 % of the frames, 60 s left` */
function withRate(text: string, milliseconds: number): string {
  const percent = Number(/^(\d+) %/.exec(text)?.[1] ?? 0);
  if (percent === 0) return text;
  return `${text}, about ${Math.round(((milliseconds / percent) * (100 - percent)) / 1000)} s left`;
}

async function placeOfKept(lab: DataLab, space: CvatSpace, task: number) {
  const bucket = await lab.bucket(EXPORTS, { signal: null });
  const key = keptKey(lab.temporary, task, new Date());
  const storage = await storageOfBucket(space, bucket.name, key);
  return { bucket, storage: storage.id, key };
}

interface Cache {
  /** Undefined: of pictures that were uploaded nothing is known before. */
  bytes: number | undefined;
  lines: string[];
}

/**
 * What the run will put into CVAT's cache: every frame as it is stored, a film written anew.
 * @throws UserError, exit code 2, where that is more than it takes
 */
async function cacheOf(lab: DataLab, space: CvatSpace, plan: AnnotatePlan, signal: AbortSignal): Promise<Cache> {
  const bytes = await bytesOfRun(lab, space, plan, signal);
  if (bytes === undefined)
    return {
      bytes,
      lines: ["How much of CVAT's cache the run takes is not known: its frames are in no bucket of this lab."],
    };
  const { cluster, cvat } = lab.plan.lab;
  const room = await roomInCache(cvat, cluster, signal);
  const what = plan.frames.isFilm
    ? "at most, a guess: the film's frames written anew"
    : "the frames as they are stored";
  const need = `The run puts ${binaryText(bytes)} into CVAT's cache (${what}) for 24 hours.`;
  if (room === undefined)
    return { bytes, lines: [`${need} What it takes is not known: it is somebody else's (cvat.kvrocks.external).`] };
  const line = `${need} ${roomText(room)}`;
  if (bytes > room.free * CACHE_SHARE)
    throw new UserError(
      `${line} That is too much: ${
        bytes > room.most * CACHE_SHARE
          ? "make tasks of fewer frames and annotate one a day, or give it more (vision-platform:cvat.kvrocks.maxDbSize)."
          : "try again when what is in it has expired, after 24 hours, and was compacted away (vision-platform:cvat.kvrocks.compactAt)."
      }`,
      { exitCode: 2 },
    );
  return { bytes, lines: [line] };
}

async function bytesOfRun(
  lab: DataLab,
  space: CvatSpace,
  { task, frames }: AnnotatePlan,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [first] = frames.frames;
  if (frames.isFilm) return first && annotatingFilms(frames.size * first.width * first.height);
  const storages = await storagesOf(space);
  const bucketName = storages.find(({ id }) => id === task.data_cloud_storage_id)?.resource;
  const role = lab.plan.store?.buckets.find(({ name }) => name === bucketName)?.role;
  if (role === undefined) return undefined;
  const bucket = await lab.bucket(role);
  const names = frames.frames.map((frame) => frame.name);
  const found = await bytesOf(bucket, names, signal);
  if (found.missing > 0)
    throw new UserError(
      `${found.missing} frames of task ${task.name} are gone from bucket ${bucket.name}, and the run would fail at the first of them.`,
    );
  return found.bytes;
}
