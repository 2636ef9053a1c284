import type { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Job, Request, Task } from "../../../components/cvat/client/types.ts";
import type { CvatSpace } from "../cvat/space.ts";
import { jobsOf } from "../cvat/find.ts";
import type { Bucket } from "../store/objects.ts";
import { bytesText, counted } from "../dataset/amounts.ts";

/** What a task has that is gone with it. */
export interface Losing {
  jobs: number;
  /** Tags, shapes and tracks of all its jobs, ground truth included. */
  annotations: number;
}

interface Annotations {
  tags: unknown[];
  shapes: unknown[];
  tracks: unknown[];
}

/** Reads the annotations of all jobs: no call counts them. */
export async function losingWith(space: CvatSpace, task: Task): Promise<Losing> {
  const jobs = await jobsOf(space, { task_id: task.id });
  let annotations = 0;
  if ((task.size ?? 0) > 0) for (const job of jobs) annotations += await annotationsOf(space.client, job);
  return { jobs: jobs.length, annotations };
}

async function annotationsOf(client: CvatClient, { id }: Job): Promise<number> {
  const { tags, shapes, tracks } = await client.get<Annotations>(`jobs/${id}/annotations`);
  return tags.length + shapes.length + tracks.length;
}

type Export = Request & {
  operation: { type: string; task_id: number | null; project_id: number | null };
  finished_date?: string | null;
};

/**
 * An export or a backup of the task, or of its project, that has ended after the task last changed; undefined where none is known. CVAT remembers
 * one's own for a day. (cvat-rest-measured.md 4.12)
 */
export async function knownExport({ client }: CvatSpace, task: Task): Promise<string | undefined> {
  const queries: Record<string, number>[] = [
    { task_id: task.id },
    ...(task.project_id === null ? [] : [{ project_id: task.project_id }]),
  ];
  for (const query of queries) {
    const requests = await client.list<Export>("requests", { query: { ...query, action: "export" } });
    const found = requests.find(
      ({ status, operation, started_date }) =>
        status === "finished" &&
        operation.type.startsWith("export:") &&
        (operation.task_id === task.id ||
          (operation.task_id === null && operation.project_id === task.project_id && task.project_id !== null)) &&
        Date.parse(started_date ?? "") >= Date.parse(task.updated_date),
    );
    if (found) return `${found.operation.type.replace("export:", "export of ")} of ${found.finished_date ?? ""}`;
  }
  return undefined;
}

/** An object that a person names as the task's export: it is younger than the task's last change. Otherwise why it is none. */
export async function savedAs(
  bucket: Bucket,
  key: string,
  task: Task,
): Promise<{ saved: string } | { problem: string }> {
  const object = await bucket.stat(key);
  const where = `${bucket.name}/${key}`;
  if (!object || object.size === 0) return { problem: `${where} is ${object ? "empty" : "not there"}.` };
  return object.modified.getTime() >= Date.parse(task.updated_date)
    ? { saved: `${where} of ${object.modified.toISOString()}` }
    : {
        problem: `${where} is of ${object.modified.toISOString()}, and task ${task.name} has changed since (${task.updated_date}).`,
      };
}

/** What a deletion frees, and when. (cvat-real-third-look.md 8.3) */
export function freedText(task: Task, { jobs, annotations }: Losing, bytes: number | undefined): string[] {
  const frames = task.size ?? 0;
  const size = bytes === undefined ? "" : `, ${bytesText(bytes)}`;
  const isInBucket = (task.data_cloud_storage_id ?? null) !== null;
  const own =
    task.mode === "interpolation"
      ? [`CVAT's own copy of the film${size}, at once.`]
      : isInBucket || frames === 0
        ? []
        : [`the ${frames} pictures that were uploaded to CVAT, at once.`];
  return [
    `Gone at once: task ${task.name} (#${task.id}) with ${counted(jobs, "job")} and ${counted(annotations, "annotation")}.`,
    ...own.map((line) => `Freed: ${line}`),
    ...(frames > 0
      ? [
          "Not freed yet: what of it is in the media cache. Chunks stay there for a day, previews for a week, whether the task is there or not.",
        ]
      : []),
    ...(isInBucket && frames > 0
      ? [`Stays: the ${task.mode === "interpolation" ? "film" : `${frames} pictures`} in the bucket${size}.`]
      : []),
  ];
}
