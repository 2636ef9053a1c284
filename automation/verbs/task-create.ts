import { UserError } from "../../components/program/errors.ts";
import { inDataLab } from "../data/connect/run.ts";
import { projectNamed, storageOfBucket } from "../data/cvat/find.ts";
import { folderPrefix } from "../data/cvat/paths.ts";
import { workersIn } from "../data/cvat/workers.ts";
import { FilmReader } from "../data/pictures/film.ts";
import { dataClaim, roomIn, roomInCache } from "../data/room/room.ts";
import { bytesText } from "../data/dataset/amounts.ts";
import { cacheBytes, cacheNote } from "../data/tasks/cache-note.ts";
import { below, listedIn } from "../data/tasks/chosen.ts";
import { createTasks, type Outcome } from "../data/tasks/create.ts";
import { filmsIn } from "../data/tasks/films.ts";
import { manifestNames } from "../data/tasks/manifest-names.ts";
import { planTasks, type Look, type Planned } from "../data/tasks/plan.ts";
import type { TaskWish } from "../data/tasks/wish.ts";
import { streamProgress } from "../progress.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface CreateFlags extends DataStackFlags {
  project: string;
  from: string[];
  list?: string;
  bucket: string;
  perTask: number;
  segmentSize: number;
  quality: number;
  sorting: TaskWish["sorting"];
  subset?: string;
  only?: "pictures" | "films";
  split?: true;
  manifest?: true;
  start?: number;
  stop?: number;
  step?: number;
  dryRun?: true;
}

/** Makes tasks of what is in a bucket. */
export async function create(name: string, flags: CreateFlags): Promise<void> {
  const wish = wishOf(name, flags);
  const { json, dryRun, from, list } = flags;
  const progress = streamProgress();
  const reader = new FilmReader();
  await inDataLab(flags, progress, async (lab, signal) => {
    const bucket = await lab.bucket(flags.bucket);
    const chosen = list === undefined ? below(bucket, from) : await listedIn(bucket, list);
    const space = await lab.space();
    const project = await projectNamed(space, flags.project);
    const storage = await storageOfBucket(space, bucket.name, chosen.prefix);
    const manifest = flags.manifest ? `${folderPrefix(from[0] ?? "")}manifest.jsonl` : undefined;
    const { cluster, cvat } = lab.plan.lab;
    const look: Look = {
      ...{ space, project, chosen, wish, signal, readFilm: filmsIn(bucket, reader) },
      room: () => roomIn(cvat, cluster, dataClaim, signal),
      manifest: manifest === undefined ? undefined : await manifestNames(bucket, manifest),
    };
    const [{ tasks }, cacheRoom] = await progress.task(`Looking through ${chosen.where}`, (task) =>
      Promise.all([planTasks({ ...look, update: (text) => task.update(text) }), roomInCache(cvat, cluster, signal)]),
    );
    const cache = { bytes: cacheBytes(tasks.filter(({ there }) => there.is !== "whole")), room: cacheRoom };
    const note = cacheNote(cache.bytes, cache.room);
    if (note !== undefined) progress.line(note);
    if (dryRun) {
      print({ project: project.name, tasks: tasks.map(plannedReport), cache }, tasks.map(plannedText).join("\n"), json);
      return;
    }
    const outcomes: Outcome[] = [];
    const making = { space, project, storage, wish, manifest };
    const following = { workers: workersIn(cluster, cvat.namespace), signal };
    try {
      await createTasks(look, tasks, making, following, progress, (one) => outcomes.push(one));
    } catch (error) {
      for (const one of outcomes) progress.line(outcomeText(one));
      throw error;
    }
    print({ project: project.name, tasks: outcomes }, outcomes.map(outcomeText).join("\n"), json);
  }).finally(() => reader.close());
}

function wishOf(name: string, flags: CreateFlags): TaskWish {
  const { from, list, only, split, manifest, start, stop, step, perTask, segmentSize, quality, sorting, subset } =
    flags;
  const problems = [
    ...(from.length > 0 === (list !== undefined) ? ["Say what to take: either --from PREFIX or --list FILE."] : []),
    ...(only !== undefined && split ? ["--only and --split exclude each other."] : []),
    ...(manifest && from.length !== 1 ? ["--manifest needs one --from, in whose folder manifest.jsonl lies."] : []),
  ];
  if (problems.length > 0) throw new UserError(problems.join("\n"), { exitCode: 2 });
  const take = split ? "both" : only;
  return {
    ...{ name: name.trim(), subset: (subset ?? "").trim(), perTask, segmentSize, quality, sorting },
    film: {
      ...(start !== undefined && { start }),
      ...(stop !== undefined && { stop }),
      ...(step !== undefined && { step }),
    },
    ...(take !== undefined && { take }),
  };
}

const SAYS = {
  absent: "would be made",
  half: "is half-made and would be finished or replaced",
  whole: "is there already",
  other: "",
} as const;

const plannedReport = ({ name, kind, files, bytes, codec, frames, framesAbout, there }: Planned) => ({
  ...{ name, kind, files, bytes, codec, frames, framesAbout },
  is: there.is,
});

function plannedText({ name, kind, files, bytes, there, codec, frames, framesAbout }: Planned): string {
  const count = frames === undefined ? "an unknown number of" : `${framesAbout ? "about " : ""}${frames}`;
  const film = codec === undefined ? "" : `, ${codec}, ${count} frames`;
  return `${name} ${SAYS[there.is]}: ${counted(files, kind)}, ${bytesText(bytes)}${film}`;
}

const DID: Readonly<Record<Outcome["did"], string>> = {
  made: "is made",
  "was-there": "is there already",
  finished: "was begun by an earlier run, and is whole now",
  replaced: "was begun by an earlier run, and is made anew",
};

function outcomeText({ name, id, did, files, frames, jobs, notes }: Outcome): string {
  const what = files === frames ? counted(frames, "picture") : `${frames} frames`;
  return [
    `${name} (#${id}) ${DID[did]}: ${what}, ${counted(jobs, "job")}`,
    ...notes.map((note) => `  ${note}; it is left so`),
  ].join("\n");
}

const counted = (number: number, one: string) => `${number} ${one}${number === 1 ? "" : "s"}`;
