import { NONE, together, type Annotations } from "../annotations/model.ts";
import { labelsAsGiven } from "../labels.ts";
import { madeJobs, newJob } from "../segments.ts";
import type { StoredJob, StoredLabel, StoredTask } from "../store.ts";
import { Failure, type Work } from "../workers.ts";
import { numberedAnnotations } from "./annotations.ts";
import type { Archive } from "./archive.ts";
import { restoredMedia, type RestoredMedia } from "./media.ts";
import * as names from "./model.ts";
import type { JobInBackup, TaskInBackup } from "./model.ts";

/** Whose it becomes, and of what it is a part. */
export interface Place {
  owner: number;
  organization: number | null;
  project_id: number | null;
}

/** A task out of a backup, not yet put in. */
export interface RestoredTask {
  task: StoredTask;
  /** Its own: none where it has its project's. */
  labels: readonly StoredLabel[];
  jobs: readonly StoredJob[];
  annotations: Annotations;
  media: RestoredMedia;
  guide: string | undefined;
}

/**
 * Makes a task of its files in a backup, which are all that is known of it: every job is new, and nobody's. (TaskImporter in engine/backup.py;
 * cvat-real-third-look.md 3.4)
 * @param shared the project's labels
 * @throws Failure in CVAT's words
 */
export function restoredTask(
  work: Work,
  archive: Archive,
  place: Place,
  shared: readonly StoredLabel[] | undefined,
): RestoredTask {
  const { store } = work;
  const given = archive.json(names.TASK_FILE) as TaskInBackup;
  const annotations = archive.json(names.ANNOTATIONS_FILE) as Record<string, unknown>[];
  checkVersion(given);
  // One that is to have jobs of any sizes has none to count.
  const segments = given.data.custom_segments ? { segment_size: 0, overlap: 0 } : segmentsOf(given.jobs);
  const media = restoredMedia(archive, given.data);
  if (given.data.custom_segments || "validation_layout" in given.data)
    throw new Failure("NotImplementedError: the rehearsal's stand-in for CVAT restores no jobs of chosen files");
  const now = new Date().toISOString();
  const task: StoredTask = {
    id: store.next("tasks"),
    ...{ name: given.name, bug_tracker: given.bug_tracker, subset: given.subset, ...place, ...segments },
    ...{ source_storage: null, target_storage: null, created_date: now, updated_date: now, posted: [] },
    ...(media.data.mode === "annotation" && { uploaded: media.own.map(({ name }) => name) }),
    data: media.data,
    consensus_replicas: replicasIn(given.jobs),
  };
  const labels = shared ? [] : labelsAsGiven(work, given.labels, { project_id: null, task_id: task.id });
  const jobs = jobsOf(work, task, given.jobs);
  const own = jobs.map((job, at) => {
    const found = annotations[at];
    return found ? numberedAnnotations(store, shared ?? labels, job, found) : NONE;
  });
  return {
    ...{ task, labels, jobs, media },
    annotations: own.reduce(together, NONE),
    guide: archive.find(names.GUIDE_FILE)?.toString("utf8"),
  };
}

/** @throws Failure in Python's words */
export function checkVersion({ version }: { version?: string }): void {
  if (version === undefined) throw new Failure("KeyError: 'version'");
  if (version !== names.VERSION) throw new Failure(`ValueError: ${version} version is not supported`);
}

const isPlain = ({ type = "annotation" }: JobInBackup) => type === "annotation";

/** By the first two jobs: what one job alone overlapped with, is forgotten. (_calculate_segment_size; cvat-real-third-look.md 3.4) */
function segmentsOf(jobs: readonly JobInBackup[]): { segment_size: number; overlap: number } {
  const [first, second] = jobs.filter(isPlain);
  if (!first) throw new Failure("IndexError: list index out of range");
  const segment_size = first.stop_frame - first.start_frame + 1;
  return { segment_size, overlap: second ? first.stop_frame - second.start_frame + 1 : 0 };
}

/** As many as the job with the fewest has. (_determine_replica_counts) */
function replicasIn(jobs: readonly JobInBackup[]): number {
  const counts: number[] = [];
  for (const job of jobs)
    if (isPlain(job)) counts.push(0);
    else if (job.type === "consensus_replica") counts.push((counts.pop() ?? 0) + 1);
  return Math.min(...counts);
}

/** They are cut anew; a ground-truth job's frames are those it had, and each has the old status of the one in its place. */
function jobsOf({ store }: Work, task: StoredTask, given: readonly JobInBackup[]): StoredJob[] {
  const cut = madeJobs(store, task);
  const truths = given
    .filter(({ type }) => type === "ground_truth")
    .map(({ frames = [] }) =>
      newJob(store, task.id, { stop_frame: (task.data?.size ?? 0) - 1, type: "ground_truth", frames }),
    );
  return [...cut, ...truths].map((job, at) => {
    const status = given[at]?.status;
    return { ...job, ...(status !== undefined && { status }) };
  });
}
