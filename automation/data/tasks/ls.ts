import pc from "picocolors";
import type { CloudStorage, Project, Task } from "../../../components/cvat/client/types.ts";
import { textTable } from "../../report/table.ts";
import { framesOf } from "../cvat/frames.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Bucket } from "../store/objects.ts";
import { bytesText } from "../dataset/amounts.ts";
import { bytesOf } from "./bytes.ts";

/** A task as `task ls` shows it. */
export interface ListedTask {
  id: number;
  name: string;
  /** "" where it is in none. */
  project: string;
  subset: string;
  /** `empty`: it has no pictures, its making failed or is not over. */
  state: Task["status"] | "empty";
  frames: number;
  jobs: number;
  /** Of the jobs: accepted and completed. */
  done: number;
  /** When annotations, name or the like last changed; a job's state or assignee does not count. (cvat-real-third-look.md 8.4) */
  updated: string;
  /** Bytes of its pictures in the bucket; undefined where they were not asked for, or its bucket is none of the lab's. */
  bytes?: number | undefined;
  /** Pictures that are not in the bucket any more. */
  missing?: number;
}

export interface Filters {
  /** Changed last at this time or before. Default: any. */
  until?: Date | undefined;
  state?: ListedTask["state"] | undefined;
}

export function listedTasks(
  tasks: readonly Task[],
  projects: readonly Project[],
  { until, state }: Filters,
): ListedTask[] {
  return tasks
    .map((task): ListedTask => {
      const frames = task.size ?? 0;
      return {
        ...{ id: task.id, name: task.name, subset: task.subset, frames, updated: task.updated_date },
        project: projects.find(({ id }) => id === task.project_id)?.name ?? "",
        state: frames === 0 ? "empty" : task.status,
        jobs: task.jobs.count,
        done: task.jobs.completed,
      };
    })
    .filter((one) => until === undefined || Date.parse(one.updated) <= until.getTime())
    .filter((one) => state === undefined || one.state === state)
    .sort(
      (one, other) =>
        one.project.localeCompare(other.project) || one.name.localeCompare(other.name, "en", { numeric: true }),
    );
}

/** Opens the bucket of a storage; undefined where it is none of the lab's. */
export type BucketOf = (storage: CloudStorage) => Promise<Bucket | undefined>;

/** The same with what its pictures have in the bucket. */
export async function withBytes(
  { client }: CvatSpace,
  one: ListedTask,
  task: Task,
  storages: readonly CloudStorage[],
  bucketOf: BucketOf,
  signal?: AbortSignal,
): Promise<ListedTask> {
  const storage = storages.find(({ id }) => id === task.data_cloud_storage_id);
  const bucket = storage && (await bucketOf(storage));
  const frames = await framesOf(client, task);
  if (!bucket || !frames) return one;
  return {
    ...one,
    ...(await bytesOf(
      bucket,
      frames.frames.map(({ name }) => name),
      signal,
    )),
  };
}

/** The list for a terminal of 80 columns; sizes stand where the last change does otherwise. */
export function listingText(tasks: readonly ListedTask[], withSizes: boolean): string {
  if (tasks.length === 0) return "No task.";
  const rows = tasks.map((one) => [
    shortened(one.name, 20),
    shortened([one.project, one.subset].filter((text) => text !== "").join(" / "), 18),
    colouredState(one.state),
    String(one.frames),
    `${one.done}/${one.jobs}`,
    withSizes ? (one.bytes === undefined ? "?" : bytesText(one.bytes)) : one.updated.slice(0, 10),
  ]);
  const head = ["task", "project / subset", "state", "frames", "jobs done", withSizes ? "size" : "changed"];
  const total = tasks.reduce((all, { bytes = 0 }) => all + bytes, 0);
  const frames = tasks.reduce((all, one) => all + one.frames, 0);
  const gone = tasks.filter(({ missing = 0 }) => missing > 0);
  return [
    textTable(head, rows, { right: [3, 4, 5] }),
    `${tasks.length} task${tasks.length === 1 ? "" : "s"}, ${frames} frames${withSizes ? `, ${bytesText(total)} in the bucket` : ""}`,
    ...gone.map(({ name, missing = 0 }) =>
      pc.yellow(`${name}: ${missing} of its files are not in the bucket any more.`),
    ),
  ].join("\n");
}

function colouredState(state: ListedTask["state"]): string {
  if (state === "completed") return pc.green(state);
  return state === "empty" ? pc.yellow(state) : state;
}

export const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;
