import { CvatError } from "../../../components/cvat/client/errors.ts";
import type { CloudStorage, Project, Request, Task } from "../../../components/cvat/client/types.ts";
import { adoptOrCreate } from "../../../components/cvat/records/adopt.ts";
import { UserError } from "../../../components/program/errors.ts";
import { patiently } from "../../../components/rest/patience.ts";
import { tasksOf } from "../cvat/find.ts";
import { framesOf } from "../cvat/frames.ts";
import { finished, RequestFailed, RequestLost, type Following } from "../cvat/requests.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Batch } from "./media.ts";
import { differenceOf } from "./there.ts";
import type { TaskWish } from "./wish.ts";

export interface Making {
  space: CvatSpace;
  project: Project;
  storage: CloudStorage;
  wish: TaskWish;
  /** Key of a manifest that CVAT takes widths and heights from. Default: it reads every picture. */
  manifest?: string | undefined;
  following: Pick<Following, "update" | "workers" | "withinMs" | "everyMs" | "lookMs" | "signal">;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 1_000;

/** Data was sent and nobody knows whether CVAT took it: the lists of two calls would add up on the task, so it is made anew. */
class Untold extends Error {}

/**
 * Makes a task whose name is free, and waits until it has its frames. Its data is sent once: CVAT adds the lists of all calls together, those
 * that it refused too. (cvat-rest-measured.md 4.13) One that fails is removed, since a task without data breaks the backup of its project. (6.9)
 * @throws UserError saying why CVAT did not make it
 */
export function makeTask(making: Making, batch: Batch): Promise<Task> {
  return patiently(() => madeOnce(making, batch), {
    attempts: ATTEMPTS,
    firstPauseMs: FIRST_PAUSE_MS,
    signal: making.following.signal,
    mayPass: (error) => error instanceof Untold,
  }).catch((error: unknown) => {
    throw error instanceof Untold ? new UserError(error.message, { cause: error.cause }) : error;
  });
}

async function madeOnce(making: Making, batch: Batch): Promise<Task> {
  const { space, project } = making;
  const { client, organization } = space;
  const { record, adopted } = await adoptOrCreate<Task>({
    find: () => tasksOf(space, { name: batch.name, project: project.id }),
    post: () => client.post<Task>("tasks", taskBody(making, batch), { organization }),
    remove: ({ id }) => client.remove(`tasks/${id}`),
    ...(making.following.signal && { signal: making.following.signal }),
  });
  if (adopted)
    throw new UserError(
      `Somebody else makes task ${batch.name} (#${record.id}) just now. Run the command again when that has ended.`,
    );
  let request: string;
  try {
    request = await sendData(making, batch, record);
  } catch (error) {
    if (making.following.signal?.aborted) throw error;
    await client.remove(`tasks/${record.id}`);
    throw error;
  }
  return followed(making, batch, record, request);
}

/** The request that CVAT takes the data in by. */
async function sendData(making: Making, batch: Batch, { id }: Task): Promise<string> {
  const { client, organization } = making.space;
  try {
    const { rq_id } = await client.post<{ rq_id: string }>(`tasks/${id}/data`, dataBody(making, batch), {
      organization,
    });
    return rq_id;
  } catch (error) {
    if (!(error instanceof CvatError) || !error.maybeDone) throw error;
    const taken = await creationOf(making.space, id);
    if (taken) return taken.id;
    throw new Untold(`CVAT did not take the pictures of task ${batch.name}: ${error.message}`, { cause: error });
  }
}

/** Waits for CVAT, and looks at what it has made. */
export async function followed(making: Making, batch: Batch, { id }: Task, request: string): Promise<Task> {
  const { space, following, wish } = making;
  const { client } = space;
  const task = () => client.find<Task>(`tasks/${id}`);
  try {
    await finished(client, request, {
      ...following,
      what: `making task ${batch.name}`,
      wasDone: async () => ((await task())?.size ?? 0) > 0,
    });
  } catch (error) {
    if (!(error instanceof RequestFailed || error instanceof RequestLost)) throw error;
    if (((await task())?.size ?? 0) === 0) await client.remove(`tasks/${id}`);
    throw new UserError(
      `${error.message} The task is removed: without pictures it would break the backup of its project.`,
      {
        cause: error,
      },
    );
  }
  const made = await task();
  const frames = made && (await framesOf(client, made));
  if (!made || !frames)
    throw new UserError(
      `CVAT says that task ${batch.name} is made, and it ${made ? "has no pictures" : "is not there"}.`,
    );
  const difference = differenceOf(batch, frames, wish);
  if (difference !== undefined) throw new UserError(`Task ${batch.name} (#${id}) was made and ${difference}.`);
  return made;
}

/** The request that makes a task's data, as far as CVAT still knows it; only of one's own. (cvat-real-third-look.md 10.1) */
export async function creationOf({ client }: CvatSpace, task: number): Promise<Request | undefined> {
  type Listed = Request & { operation: { type: string; task_id: number | null } };
  const requests = await client.list<Listed>("requests", { query: { task_id: task } });
  return requests.find(({ operation: { type, task_id } }) => type === "create:task" && task_id === task);
}

function taskBody({ project, storage, wish }: Making, { name }: Batch) {
  return {
    name,
    project_id: project.id,
    segment_size: wish.segmentSize,
    subset: wish.subset,
    source_storage: { location: "cloud_storage", cloud_storage_id: storage.id },
    // A task does not inherit that of its project. (cvat-rest-measured.md 6.4)
    ...(project.target_storage?.location === "cloud_storage" && {
      target_storage: { location: "cloud_storage", cloud_storage_id: project.target_storage.cloud_storage_id },
    }),
  };
}

/** The bucket is chosen by the call's own number of a storage, not by the task's. (4.7) */
function dataBody({ storage, wish, manifest }: Making, { kind, keys }: Batch) {
  const { start, stop, step } = wish.film;
  return {
    image_quality: wish.quality,
    use_cache: true,
    cloud_storage_id: storage.id,
    server_files: kind === "picture" && manifest !== undefined ? [manifest, ...keys] : keys,
    sorting_method: wish.sorting,
    ...(kind === "film" && {
      ...(start !== undefined && { start_frame: start }),
      ...(stop !== undefined && { stop_frame: stop }),
      ...(step !== undefined && { frame_filter: `step=${step}` }),
    }),
  };
}
