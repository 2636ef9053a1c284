import type { Store, StoredJob, StoredTask } from "./store.ts";
import { Failure } from "./workers.ts";

/** Frames that the jobs of a film share unless told otherwise. (cvat-real-third-look.md, 4.2) */
const FILM_OVERLAP = 5;

/** Jobs that a task may have. (settings/base.py, MAX_JOBS_PER_TASK) */
const MOST_JOBS = 1000;

/** A new job of a task, of no one and at its beginning. */
export function newJob(store: Store, task_id: number, rest: Partial<StoredJob>): StoredJob {
  const now = new Date().toISOString();
  return {
    id: store.next("jobs"),
    task_id,
    ...{ start_frame: 0, stop_frame: 0, assignee: null, state: "new", stage: "annotation", type: "annotation" },
    ...{ created_date: now, updated_date: now },
    ...rest,
  };
}

/**
 * The jobs of a task that has its pictures now, each with its replicas; the task learns its size and overlap.
 * (engine/task.py, _generate_segment_params)
 * @throws Failure where there would be too many
 */
export function madeJobs(store: Store, task: StoredTask): StoredJob[] {
  const size = task.data?.size ?? 0;
  const length = task.segment_size > 0 && task.segment_size < size ? task.segment_size : size;
  const usual = task.data?.mode === "interpolation" ? FILM_OVERLAP : 0;
  const overlap = Math.min(task.overlap ?? usual, Math.floor(length / 2));
  const total = Math.ceil((size - overlap) / (length - overlap)) * (task.consensus_replicas + 1);
  if (total > MOST_JOBS)
    throw new Failure(
      `ValueError: Too many jobs would be created for the task. Current total: ${total}, maximum allowed: ${MOST_JOBS}.`,
    );
  Object.assign(task, { segment_size: length, overlap });
  const jobs: StoredJob[] = [];
  for (let start_frame = 0; start_frame < size - overlap; start_frame += length - overlap) {
    const stop_frame = Math.min(start_frame + length, size) - 1;
    const job = newJob(store, task.id, { start_frame, stop_frame });
    jobs.push(job);
    // (cvat-real-third-look.md, 6.7)
    for (let replica = 0; replica < task.consensus_replicas; replica++)
      jobs.push(newJob(store, task.id, { start_frame, stop_frame, type: "consensus_replica", parent_job_id: job.id }));
  }
  return jobs;
}
