import { existsSync, readFileSync } from "node:fs";
import { Refusal } from "../answers.ts";
import { filmFile, manifestName } from "../data/create.ts";
import { picture } from "../data/look.ts";
import { filmManifestOf, manifestOf } from "../data/manifest.ts";
import { framesOf } from "../data/meta.ts";
import { guideOf } from "../guides.ts";
import { jobStatus, taskStatus } from "../job-status.ts";
import { labelsOf } from "../owned.ts";
import type { StoredData, StoredJob, StoredTask } from "../store.ts";
import { ownFile } from "../tus.ts";
import { Failure, type Work } from "../workers.ts";
import type { Entry } from "../zip.ts";
import { namedAnnotations } from "./annotations.ts";
import { namedLabels } from "./labels.ts";
import * as names from "./model.ts";
import type { DataInBackup, JobInBackup, TaskInBackup } from "./model.ts";

/** A task that has data, and whether its pictures stay in their bucket. */
export interface BackedUp {
  task: StoredTask;
  data: StoredData;
  lightweight: boolean;
}

const text = (name: string, content: string): Entry => ({ name, bytes: Buffer.from(content) });

/**
 * A task's files in a backup, in their order: media, task, annotations, guide. (TaskExporter in engine/backup.py; cvat-real-third-look.md 3.3)
 * @throws Failure where its data failed (cvat-rest-measured.md 6.9), or its pictures cannot be had
 */
export async function taskEntries(work: Work, one: BackedUp): Promise<Entry[]> {
  const { task } = one;
  const jobs = work.state.jobs.filter(({ task_id }) => task_id === task.id).sort((job, other) => job.id - other.id);
  const media = await mediaOf(work, one);
  const guide = guideOf(work, { project_id: null, task_id: task.id });
  return [
    ...media.map(({ name, bytes }) => ({ name: `${names.DATA_FOLDER}${name}`, bytes })),
    text(names.TASK_FILE, JSON.stringify(taskInBackup(work, one, jobs))),
    text(names.ANNOTATIONS_FILE, JSON.stringify(jobs.map((job) => namedAnnotations(work, task, job)))),
    ...(guide ? [text(names.GUIDE_FILE, guide.markdown)] : []),
  ];
}

async function mediaOf(work: Work, { task, data, lightweight }: BackedUp): Promise<Entry[]> {
  const { store } = work;
  if (data.size === 0) {
    if (!isBeingMade(work, task)) throw noManifest(task, lightweight);
    return [text(names.MANIFEST_FILE, manifestOf([]))];
  }
  const frames = framesOf(work, task);
  const own = store.document(manifestName(task.id)) as string | undefined;
  const [first] = frames;
  if (data.film && first) {
    const manifest = own ?? filmManifestOf(data.film.name, { ...first, length: data.film.length });
    return [text(names.MANIFEST_FILE, manifest), fileOf(data.film.name, store.fileFor(filmFile(task.id)))];
  }
  // What is CVAT's own is taken as it lies there.
  if (data.storage === "local")
    return [
      text(names.MANIFEST_FILE, own ?? manifestOf(frames)),
      ...(task.uploaded ?? []).map((name) => fileOf(name, ownFile(store, task.id, name))),
    ];
  if (lightweight) return [text(names.MANIFEST_FILE, own ?? manifestOf(frames))];
  const pictures: Entry[] = [];
  for (const [number, { name }] of frames.entries())
    pictures.push({ name, bytes: await bytesOf(work, task, data, number) });
  return [text(names.MANIFEST_FILE, manifestOf(frames)), ...pictures];
}

const fileOf = (name: string, file: string): Entry => ({
  name,
  bytes: existsSync(file) ? readFileSync(file) : Buffer.alloc(0),
});

/** While its creation is under way, or its worker is gone and nobody has noticed, there is nothing to stumble over. (cvat-real-third-look.md 3.2) */
const isBeingMade = ({ state }: Work, { id }: StoredTask): boolean =>
  state.requests.some(
    ({ type, task_id, status }) =>
      type === "create:task" && task_id === id && status !== "finished" && status !== "failed",
  );

/** (cvat-rest-measured.md 6.9) */
const noManifest = ({ id }: StoredTask, lightweight: boolean): Failure =>
  new Failure(
    lightweight
      ? `FileNotFoundError: [Errno 2] No such file or directory: '/home/django/data/data/${id}/raw/${names.MANIFEST_FILE}'`
      : "AssertionError: A manifest file not exists, index cannot be created",
  );

async function bytesOf(work: Work, task: StoredTask, data: StoredData, number: number): Promise<Buffer> {
  // (cvat-rest-measured.md 3.14)
  if (!work.state.storages.some(({ id }) => id === data.cloud_storage_id))
    throw new Failure("cvat.apps.engine.exceptions.CloudStorageMissingError: Task is not connected to cloud storage");
  try {
    return (await picture(work, task, number)).bytes;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Failure(`rest_framework.exceptions.NotFound: ${JSON.parse(String(error.answer.text ?? '""')) as string}`);
  }
}

function taskInBackup(work: Work, { task, data, lightweight }: BackedUp, jobs: readonly StoredJob[]): TaskInBackup {
  return {
    ...{ name: task.name, bug_tracker: task.bug_tracker, status: taskStatus(jobs), subset: task.subset },
    labels: namedLabels(labelsOf(work, task)),
    version: names.VERSION,
    data: dataInBackup(task, data, lightweight),
    jobs: jobs.map(jobInBackup),
  };
}

/** Where pictures of a bucket come along, only those of the task do, and its range is not needed any more. */
function dataInBackup(task: StoredTask, data: StoredData, lightweight: boolean): DataInBackup {
  const { image_quality, sorting_method, deleted_frames, storage, mode } = data;
  const isPicked = storage === "cloud_storage" && !lightweight;
  return {
    ...{ chunk_size: data.size === 0 ? null : data.chunk_size, image_quality },
    ...(!isPicked && { start_frame: data.start_frame, stop_frame: data.stop_frame }),
    ...(!isPicked && data.frame_filter !== "" && { frame_filter: data.frame_filter }),
    ...{ storage_method: "cache", sorting_method, chunk_type: mode === "interpolation" ? "video" : "imageset" },
    deleted_frames,
    // A task has no size of its jobs before it has its pictures.
    ...(task.segment_size === 0 && { custom_segments: true }),
    storage: isPicked ? "local" : storage,
  };
}

const jobInBackup = (job: StoredJob): JobInBackup => ({
  ...{ status: jobStatus(job), type: job.type, start_frame: job.start_frame, stop_frame: job.stop_frame },
  ...(job.frames && { frames: job.frames }),
});
