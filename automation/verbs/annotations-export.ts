import { UserError } from "../../components/program/errors.ts";
import type { Project, Task } from "../../components/cvat/client/types.ts";
import type { Left } from "../data/annotations/begin.ts";
import { exported, type Exported, type ExportTarget } from "../data/annotations/export.ts";
import { exportKey, exportNote } from "../data/annotations/keys.ts";
import { inDataLab } from "../data/connect/run.ts";
import { projectNamed, projectsOf, storageOfBucket, taskNamed, tasksOf } from "../data/cvat/find.ts";
import type { CvatSpace } from "../data/cvat/space.ts";
import { bytesText } from "../data/dataset/amounts.ts";
import { notesIn } from "../data/store/notes.ts";
import { streamProgress } from "../progress.ts";
import { EXPORTS, refuseObject, workersOf } from "./annotations-target.ts";
import { refuseFile } from "./annotations-zip.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface ExportFlags extends DataStackFlags {
  format: string;
  kind?: "task" | "project";
  subset?: string;
  images?: true;
  output?: string;
  to?: string;
  force?: true;
}

/** Has CVAT export annotations. */
export async function exportThem(name: string, flags: ExportFlags): Promise<void> {
  const { json, format, subset, images = false, output, to, force = false } = flags;
  if (output === undefined && to === undefined)
    throw new UserError("Say where to: --output FILE, or --to PREFIX.", { exitCode: 2 });
  if (output !== undefined && !force) await refuseFile(output);
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    stands("Nothing was exported.");
    const space = await lab.space();
    const what = await theOneOf(space, name, flags.kind);
    const all = await partsOf(space, what, subset);
    if (output !== undefined && all.length > 1)
      throw new UserError(`Subset ${subset ?? ""} is ${all.length} tasks, each with a zip of its own: --to PREFIX.`, {
        exitCode: 2,
      });
    const bucket = to === undefined ? undefined : await lab.bucket(EXPORTS);
    const storage = bucket && (await storageOfBucket(space, bucket.name, to));
    const done: { task?: string; project?: string; subset: string; at: string; bytes: number }[] = [];
    const clearing = await lab.cvat({ signal: null });
    const store = bucket && (await lab.bucket(EXPORTS, { signal: null }));
    const runs = store && notesIn<{ key: string }>(store, lab.temporary);
    for (const one of all) {
      const part =
        one.kind === "task" && all.length > 1 ? `${name}-${one.record.name}-${one.record.id}` : one.record.name;
      const folder = subset === undefined ? (to ?? "") : `${(to ?? "").replace(/\/*$/, "/")}${subset}/`;
      const note = exportNote(one, { format, images, to: folder });
      const dead = await runs?.read(note);
      // What a run that died has begun CVAT finishes under its key: the same one again, and there is one export in the end.
      const taken = dead?.isDead ? dead.facts.key : undefined;
      const target: ExportTarget =
        bucket && storage
          ? { bucket, storage: storage.id, key: taken ?? exportKey(folder, part, new Date()) }
          : { file: output ?? "" };
      if (!("file" in target) && !force && taken === undefined) await refuseObject(target.bucket, target.key);
      const at = "file" in target ? target.file : `s3://${target.bucket.name}/${target.key}`;
      const sofar = done.length === 0 ? "" : `Exported: ${done.map((other) => other.at).join(", ")}. `;
      const nothing = `${sofar}Nothing ${done.length === 0 ? "" : "else "}was exported.`;
      stands(nothing);
      const stopped = (left: Left) => {
        stands(async () => {
          const isThere = !("file" in target) && (await store?.stat(target.key)) !== undefined;
          if (isThere) return `${sofar}The export is there: ${at}.`;
          if (left !== "under way") return nothing;
          return `${sofar}CVAT carries on with it${"file" in target ? ", and nothing of it comes here" : `: it will be ${at}`}.`;
        });
      };
      const bytes = await progress.task(`Exporting ${one.kind} ${one.record.name}`, async (shown) => {
        if (!("file" in target)) await runs?.write(note, { key: target.key });
        try {
          return await exported(
            space,
            { what: one, format, images, target },
            {
              ...{ update: (text) => shown.update(text), signal, workers: workersOf(lab) },
              stopping: { client: clearing, left: stopped },
            },
          );
        } finally {
          await runs?.remove(note);
        }
      });
      done.push({ [one.kind]: one.record.name, subset: "subset" in one.record ? one.record.subset : "", at, bytes });
    }
    const notes = await trackNotes(space, what, format);
    for (const note of notes) progress.line(note);
    print({ format, exports: done, notes }, done.map(({ at, bytes }) => `${at}: ${bytesText(bytes)}`).join("\n"), json);
  });
}

/** What a person who exports a film's boxes by a format of pictures loses. */
async function trackNotes(space: CvatSpace, what: Exported, format: string): Promise<string[]> {
  if (/video|MOT|Datumaro/i.test(format)) return [];
  const tasks = what.kind === "task" ? [what.record] : await tasksOf(space, { project: what.record.id });
  const films = tasks.filter(({ mode }) => mode === "interpolation").map((task) => task.name);
  if (films.length === 0) return [];
  return [
    `Tracks of ${films.join(", ")} are boxes of single frames in ${format}: CVAT for video 1.1 keeps them as tracks.`,
  ];
}

async function theOneOf(space: CvatSpace, name: string, kind: "task" | "project" | undefined): Promise<Exported> {
  if (kind === "task") return { kind: "task", record: await taskNamed(space, name) };
  if (kind === "project") return { kind: "project", record: await projectNamed(space, name) };
  const [tasks, projects]: [Task[], Project[]] = await Promise.all([tasksOf(space, { name }), projectsOf(space, name)]);
  if (tasks.length > 0 && projects.length > 0)
    throw new UserError(`There are a task and a project of the name ${name}: --kind task, or --kind project.`, {
      exitCode: 2,
    });
  if (projects.length > 0) return { kind: "project", record: await projectNamed(space, name) };
  return { kind: "task", record: await taskNamed(space, name) };
}

/** A project's export has all of its subsets: of one alone, each task is exported by itself. (cvat-real-third-look.md 5.2) */
async function partsOf(space: CvatSpace, what: Exported, subset: string | undefined): Promise<Exported[]> {
  if (subset === undefined) return [what];
  if (what.kind === "task") throw new UserError("--subset is for projects.", { exitCode: 2 });
  const tasks = await tasksOf(space, { project: what.record.id });
  const found = tasks.filter((task) => task.subset === subset && (task.size ?? 0) > 0);
  if (found.length > 0) return found.map((record) => ({ kind: "task", record }));
  const names = [...new Set(tasks.map((task) => task.subset))].filter((one) => one !== "");
  throw new UserError(
    `No task of project ${what.record.name} is of subset ${subset}. Its subsets: ${names.join(", ") || "none"}.`,
    { exitCode: 2 },
  );
}
