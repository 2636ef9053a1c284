import type { Plan } from "../../components/lab/plan.ts";
import { UserError } from "../../components/program/errors.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { inDataLab, stoppable } from "../data/connect/run.ts";
import { checkDataset, type CheckReport } from "../data/dataset/check/report.ts";
import { binaryText } from "../data/room/binary-text.ts";
import { checkText } from "../data/dataset/check/text.ts";
import type { Tally } from "../data/dataset/check/tally.ts";
import type { InClusterRun } from "../data/in-cluster/run.ts";
import { bucketSource, folderSource, type DataSource } from "../data/dataset/source.ts";
import { decode } from "../data/pictures/decode.ts";
import { FilmReader } from "../data/pictures/film.ts";
import { roomInCache, type Room } from "../data/room/room.ts";
import { streamProgress, type Progress, type ProgressTask } from "../progress.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import type { DatasetFlags } from "./dataset-flags.ts";
import { print } from "./print.ts";

export interface CheckFlags extends DatasetFlags {
  deep?: true;
  quality: number;
  /** Files looked at side by side, and in the cluster pods. Default: 16, and 4 pods. */
  parallel?: number;
  inCluster?: true;
}

const SIDE_BY_SIDE = 16;

/** `dataset check`: looks at a folder or a prefix, and says what CVAT will make of it. */
export async function check(where: string, flags: CheckFlags): Promise<void> {
  if (flags.inCluster && isFolder(where))
    throw new UserError(`--in-cluster looks at what is in the bucket: ${where} is a folder of this machine.`, {
      exitCode: 2,
    });
  const progress = streamProgress();
  const report = isFolder(where)
    ? await stoppable(progress, async (signal) =>
        checked(await folderSource(where, signal), roomOfFolder(flags, signal), flags, progress),
      )
    : await inDataLab(flags, progress, async (lab, signal) => {
        const bucket = await lab.bucket(flags.bucket);
        const room = roomOf(lab.plan, signal);
        const inPods = flags.inCluster && (await checkedInCluster(lab, where, { room, flags, progress, signal }));
        return inPods || checked(bucketSource(bucket, where, signal), room, flags, progress);
      });
  if (report.counts.files === 0) throw new UserError(`${report.source}: there is nothing.`);
  print(report, checkText(report), flags.json);
  if (report.verdict === "breaks") process.exitCode = 3;
}

/** Beside the data. Undefined: there is nothing. */
async function checkedInCluster(
  lab: DataLab,
  prefix: string,
  { room, flags, progress, signal }: { room: Promise<Room | undefined>; flags: CheckFlags } & InClusterRun,
): Promise<CheckReport | undefined> {
  const [{ inCluster }, { joinedCheck }] = await Promise.all([
    import("../data/in-cluster/run.ts"),
    import("../data/in-cluster/joined.ts"),
  ]);
  const { stack, bucket: role, deep = false, quality, parallel: pods } = flags;
  const known = await room;
  return inCluster(lab, { verb: "check", stack, role, prefix, deep, pods }, { progress, signal }, (done) =>
    progress.task("Joining what the pods found", () => joinedCheck(done, { deep, quality, room: known })),
  );
}

async function checked(
  source: DataSource,
  room: Promise<Room | undefined>,
  { deep, quality, parallel = SIDE_BY_SIDE }: CheckFlags,
  progress: Progress,
): Promise<CheckReport> {
  const films = new FilmReader();
  try {
    return await progress.task(`Looking at ${source.title}`, async (task) =>
      checkDataset(source, {
        ...{ films, parallel, quality, room: await room },
        ...(deep && { deep: decode }),
        seen: seenBy(task),
      }),
    );
  } finally {
    await films.close();
  }
}

/** How many files there are is known at the end alone, so no time is told that is left. */
function seenBy(task: ProgressTask): (tally: Tally) => void {
  const start = Date.now();
  return ({ files, bytes }) => {
    if (files % 100 !== 0) return;
    const rate = Math.round(files / Math.max(0.001, (Date.now() - start) / 1000));
    task.update(`${files} files, ${binaryText(bytes)}, ${rate} a second`);
  };
}

/** A folder begins with a dot or a slash, which no prefix of a bucket does. */
const isFolder = (where: string) => /^(\/|\.{1,2}(\/|$))/.test(where);

/** What kvrocks has room for, where the lab has one. */
async function roomOf({ cvat, lab }: Plan, signal: AbortSignal): Promise<Room | undefined> {
  return cvat && roomInCache(cvat.config, lab.cluster, signal);
}

/** A folder can be looked at without any lab. */
async function roomOfFolder({ stack, folder }: CheckFlags, signal: AbortSignal): Promise<Room | undefined> {
  const plan = await readStackFile(stackFilePath(folder, stack))
    .then(soundPlan)
    .catch(() => undefined);
  return plan && roomOf(plan, signal);
}
