import { readFileSync, writeFileSync } from "node:fs";
import { absentOf, bytesOf, isElsewhere } from "../bucket.ts";
import { countIn, drawn } from "../frame-choice.ts";
import { madeJobs, newJob } from "../segments.ts";
import type { Store, StoredData, StoredFrame, StoredRequest, StoredStorage, StoredTask } from "../store.ts";
import { ownFile } from "../tus.ts";
import { Failure, type Work } from "../workers.ts";
import { chosen, notFound, type Chosen, type Wanted } from "./choose.ts";
import { filmOf, type Film } from "./film.ts";
import { invalid, manifestOf } from "./manifest.ts";
import { mediaOf } from "./media.ts";
import { pictureOf } from "./picture.ts";
import { sorted } from "./sorting.ts";

/** What a data call asks for, as its worker is told. */
export interface DataCall extends Wanted {
  sorting_method: string;
  start_frame: number;
  /** Undefined: to the end. */
  stop_frame?: number;
  frame_filter: string;
  chunk_size?: number;
  /** What the truth is made of, as the call has it. Default: there is none. */
  validation?: Record<string, unknown>;
}

/** What of a picture is enough to know its size; CVAT tries 2, 16 and 64 KiB, and then takes all. (engine/cloud_provider.py) */
const HEADER_BYTES = 65_536;
const AT_ONCE = 16;

export const framesName = (task: number): string => `frames-${task}`;
/** A manifest that says more than the frames do: of pictures that are not taken, or as a backup had it. */
export const manifestName = (task: number): string => `manifest-${task}`;
export const filmFile = (task: number): string => `film-${task}`;

/** Takes a task's pictures in. (4.5 to 4.13; cvat-real-third-look.md, 4 and 9) */
export async function createTask(work: Work, request: StoredRequest): Promise<undefined> {
  const { state, store } = work;
  const task = state.tasks.find(({ id }) => id === request.task_id);
  const data = task?.data;
  if (!task || !data)
    throw new Failure("cvat.apps.engine.models.Task.DoesNotExist: Task matching query does not exist.");
  const storage = state.storages.find(({ id }) => id === data.cloud_storage_id);
  const call = request.parameters as unknown as DataCall;
  if (call.validation?.["mode"] === "gt_pool") throw poolProblem(call);
  const frames = storage
    ? await framesInBucket(work, { task, data, storage, call })
    : uploaded(work, { task, data, call }, task.uploaded ?? []);
  // Deleted while it was made.
  if (!state.tasks.includes(task)) return undefined;
  try {
    state.jobs.push(...madeJobs(store, task));
  } catch (error) {
    // All of it is one transaction.
    task.data = { ...data, size: 0 };
    throw error;
  }
  store.keep(framesName(task.id), frames);
  if (call.validation) state.jobs.push(truth(work, task, frames, call.validation));
  return undefined;
}

async function framesInBucket(work: Work, making: Making): Promise<StoredFrame[]> {
  const files = await chosen(work, making.storage, making.call);
  const media = mediaOf(files.files);
  return media.kind === "video"
    ? film(work, making, media.names[0] ?? "", files)
    : pictures(work, making, media.names, files);
}

/** What was sent piece by piece lies in CVAT's own data. (recorded of 2.64.0) */
function uploaded(
  { store }: Work,
  { task, data, call }: Omit<Making, "storage">,
  names: readonly string[],
): StoredFrame[] {
  // Files of a bucket that is none, or not there any more.
  if (names.length === 0 && call.server_files.length > 0)
    throw new Failure("FileNotFoundError: [Errno 2] No such file or directory: ''");
  const media = mediaOf(names);
  if (media.kind === "video")
    throw new Failure("NotImplementedError: the rehearsal's stand-in for CVAT takes no film that is uploaded");
  const all = sorted(media.names, call.sorting_method).map((name) => {
    const size = pictureOf(readFileSync(ownFile(store, task.id, name)));
    if (!size) throw new Failure(`Exception: Failed to read the image file '${name}'`);
    return { name, width: size.width, height: size.height };
  });
  return taken(store, { task, data, call }, all, "local");
}

/** A ground-truth job that comes with the data; frames are named by their files. (cvat-real-third-look.md, 6.5) */
function truth({ store }: Work, task: StoredTask, all: readonly StoredFrame[], asked: Record<string, unknown>) {
  const size = task.data?.size ?? 0;
  const names = (asked["frames"] ?? []) as string[];
  const unknown = names.filter((name) => !all.some((frame) => frame.name === name));
  if (unknown.length > 0) throw invalid(`Unknown validation frames requested: ${unknown.join(", ")}`);
  const named = names.map((name) => all.findIndex((frame) => frame.name === name)).sort((one, other) => one - other);
  const frames =
    named.length > 0 ? named : drawn(size, countIn(asked, size), JSON.stringify(asked["random_seed"] ?? ""));
  return newJob(store, task.id, { stop_frame: size - 1, type: "ground_truth", frames });
}

/** A pool repeats pictures in every job, which is not done here. (cvat-real-third-look.md, 6.5) */
const poolProblem = ({ sorting_method }: DataCall): Failure =>
  sorting_method === "random"
    ? new Failure("NotImplementedError: the rehearsal's stand-in for CVAT makes no pool of validation frames")
    : invalid('validation mode "gt_pool" can only be used with "random" sorting');

interface Making {
  task: StoredTask;
  data: StoredData;
  storage: StoredStorage;
  call: DataCall;
}

/** Numbers of the frames that are wanted of so many. */
export function framesWanted(
  { start_frame, stop_frame, frame_filter }: Pick<DataCall, "start_frame" | "stop_frame" | "frame_filter">,
  length: number,
): number[] {
  const step = Number(/step\s*=\s*([1-9]\d*)/.exec(frame_filter)?.[1] ?? 1);
  const end = Math.min(stop_frame === undefined ? length : stop_frame + 1, length);
  return Array.from({ length: Math.max(0, Math.ceil((end - start_frame) / step)) }, (_, at) => start_frame + at * step);
}

async function pictures(
  work: Work,
  { task, data, storage, call }: Making,
  names: readonly string[],
  { manifest }: Chosen,
): Promise<StoredFrame[]> {
  if (manifest && call.sorting_method === "random")
    throw invalid("It isn't supported to upload manifest file and use random sorting");
  const order = sorted(names, call.sorting_method);
  const missing = await absentOf(work.config, storage, order);
  if (missing !== undefined) throw notFound(missing, storage);
  const all = manifest ? believed(order, manifest) : await measured(work, storage, order);
  return taken(work.store, { task, data, call }, all, "cloud_storage");
}

/** Those of the frames that are wanted, which the data has then. */
function taken(
  store: Store,
  { task, data, call }: Omit<Making, "storage">,
  all: readonly StoredFrame[],
  storage: StoredData["storage"],
): StoredFrame[] {
  const wanted = framesWanted(call, all.length);
  const frames = wanted.flatMap((at) => all[at] ?? []);
  const [first] = frames;
  if (!first) throw new Failure("ValueError: range() arg 3 must not be zero");
  // As many as fill as much as 36 of full HD. (engine/task.py)
  const perChunk = Math.min(72, Math.max(2, Math.floor((36 * 1920 * 1080) / (first.width * first.height))));
  Object.assign(data, {
    ...{ mode: "annotation", storage, size: frames.length },
    ...{ chunk_size: call.chunk_size ?? perChunk, start_frame: call.start_frame },
    stop_frame: wanted.at(-1) ?? 0,
  });
  if (frames.length < all.length) store.keep(manifestName(task.id), manifestOf(all));
  return frames;
}

/** A manifest's word on width and height counts. (cvat-real-third-look.md, 9.4) */
function believed(order: readonly string[], { records }: NonNullable<Chosen["manifest"]>): StoredFrame[] {
  const places = new Map<string, number>();
  order.forEach((name, at) => places.set(name, places.get(name) ?? at));
  const found = records
    .filter(({ name }) => places.has(name))
    .sort((one, other) => (places.get(one.name) ?? 0) - (places.get(other.name) ?? 0));
  if (found.length === 0)
    throw invalid("There is no intersection of the files specifiedin the request with the contents of the bucket");
  if (places.size < order.length || order.some((name, at) => found[at]?.name !== name))
    throw invalid("Incorrect file mapping to manifest content");
  return found.map(({ name, width, height }) => ({ name, width, height }));
}

async function measured({ config }: Work, storage: StoredStorage, names: readonly string[]): Promise<StoredFrame[]> {
  const frames: StoredFrame[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE)
    frames.push(...(await Promise.all(names.slice(at, at + AT_ONCE).map(sizeOf))));
  return frames;

  async function sizeOf(name: string): Promise<StoredFrame> {
    if (isElsewhere(config, storage)) return { name, width: 640, height: 480 };
    const header = await bytesOf(config, storage, name, HEADER_BYTES);
    if (!header || header.length === 0)
      throw new Failure(
        `rest_framework.exceptions.ValidationError: [ErrorDetail(string="[ErrorDetail(string='The ${name} file is empty.', code='invalid')]", code='invalid')]`,
      );
    const size = pictureOf(header) ?? pictureOf((await bytesOf(config, storage, name)) ?? header);
    if (!size) throw new Failure(`Exception: Failed to read the image file '${name}'`);
    return { name, width: size.width, height: size.height };
  }
}

/** A film is copied into CVAT's own data, whatever becomes of the bucket. (cvat-real-third-look.md, 4.1) */
async function film(
  { config, store }: Work,
  { task, data, storage, call }: Making,
  name: string,
  { manifest }: Chosen,
): Promise<StoredFrame[]> {
  const bytes = await bytesOf(config, storage, name);
  if (!bytes) throw notFound(name, storage);
  if (bytes.length === 0) throw new Failure("OSError: [Errno 22] Invalid argument");
  const read = filmOf(bytes);
  if (!read)
    throw new Failure(
      `av.error.InvalidDataError: [Errno 1094995529] Invalid data found when processing input: '/home/django/data/data/${task.id}/raw/${name}'`,
    );
  // A manifest's word on the length counts too. (4.6)
  const { width, height, length }: Film = { ...read, ...manifest?.film };
  const taken = framesWanted(call, length);
  if (taken.length === 0) throw new Failure("ValueError: range() arg 3 must not be zero");
  writeFileSync(store.fileFor(filmFile(task.id)), bytes);
  Object.assign(data, {
    ...{ mode: "interpolation", storage: "local", size: taken.length, chunk_size: call.chunk_size ?? 36 },
    ...{ start_frame: call.start_frame, stop_frame: taken.at(-1) ?? 0, film: { name, length } },
  });
  return [{ name, width, height }];
}
