import type { State, Store, StoredJob, StoredTask } from "../store.ts";
import { touchBoth } from "../dates.ts";
import { labelsOf } from "../owned.ts";
import { annotationsOf, keepAnnotations, those, together, KINDS, type Annotations } from "./model.ts";

/** A task's annotations, or those of one of its jobs. */
export interface Scope {
  task: StoredTask;
  /** Undefined: the whole task. */
  job?: StoredJob | undefined;
}

interface Kept {
  store: Store;
  state: State;
}

/** What a whole task's annotations are: those of its annotation jobs. (cvat-real-third-look.md, 6.5) */
const jobsOf = ({ state }: Kept, { task, job }: Scope): readonly StoredJob[] =>
  job ? [job] : state.jobs.filter(({ task_id, type }) => task_id === task.id && type === "annotation");

const ownIn = (jobs: readonly StoredJob[]) => {
  const ids = new Set(jobs.map(({ id }) => id));
  return ({ job }: { job: number }) => ids.has(job);
};

export const ownOf = (kept: Kept, scope: Scope): Annotations =>
  those(annotationsOf(kept.store, scope.task.id), ownIn(jobsOf(kept, scope)));

/** Adds them to the first job that has their frame; what lies in none is dropped. (dataset_manager/task.py, TaskAnnotation) */
export function add(kept: Kept, scope: Scope, news: Annotations): Annotations {
  const jobs = jobsOf(kept, scope);
  const jobAt = (frame: number) =>
    jobs.find(({ start_frame, stop_frame }) => start_frame <= frame && frame <= stop_frame);
  const inJob = <T extends { frame: number; job: number }>(list: readonly T[]) =>
    list.flatMap((one) => {
      const job = jobAt(one.frame);
      return job ? [{ ...one, job: job.id }] : [];
    });
  const added = { tags: inJob(news.tags), shapes: inJob(news.shapes), tracks: inJob(news.tracks) };
  keepAnnotations(kept.store, scope.task.id, together(annotationsOf(kept.store, scope.task.id), added));
  touched(kept, scope);
  return added;
}

/** Takes away those of these ids, or all there are. */
export function take(kept: Kept, scope: Scope, ids?: Partial<Record<(typeof KINDS)[number], readonly number[]>>): void {
  const isOwn = ownIn(jobsOf(kept, scope));
  const all = annotationsOf(kept.store, scope.task.id);
  const goes = (kind: (typeof KINDS)[number]) => {
    const wanted = ids && new Set(ids[kind]);
    return (one: { id: number; job: number }) => isOwn(one) && (!wanted || wanted.has(one.id));
  };
  keepAnnotations(kept.store, scope.task.id, {
    tags: all.tags.filter((one) => !goes("tags")(one)),
    shapes: all.shapes.filter((one) => !goes("shapes")(one)),
    tracks: all.tracks.filter((one) => !goes("tracks")(one)),
  });
  touched(kept, scope);
}

function touched(kept: Kept, scope: Scope): void {
  touchBoth(kept, scope.task);
  for (const job of jobsOf(kept, scope)) job.updated_date = scope.task.updated_date;
}

interface Shown {
  label_id: number;
  attributes: readonly { spec_id: number; value: string }[];
  elements?: readonly Shown[];
}

/** As CVAT shows them: without what has no label any more, and every attribute with a value. (4.3; inferred for the attributes) */
export function shownAnnotations(kept: Kept, { task }: Scope, annotations: Annotations) {
  const labels = new Map(labelsOf(kept, task).map((label) => [label.id, label]));
  const shown = (one: Shown, isPart = false): Record<string, unknown> => {
    const specs = labels.get(one.label_id)?.attributes ?? [];
    const given = new Set(one.attributes.map(({ spec_id }) => spec_id));
    const missing = specs
      .filter(({ id, mutable }) => !given.has(id) && !("shapes" in one && mutable))
      .map(({ id, default_value }) => ({ spec_id: id, value: default_value }));
    const { elements, ...rest } = one;
    return {
      ...rest,
      job: undefined,
      attributes: [...one.attributes, ...missing],
      // A part of a skeleton has none of its own. (digests in test/fixtures/cvat/backup-zips.txt)
      ...(elements && !isPart && { elements: elements.map((part) => shown(part, true)) }),
    };
  };
  const known = those(annotations, ({ label_id }) => labels.has(label_id));
  return {
    version: 0,
    tags: known.tags.map((one) => shown(one)),
    shapes: known.shapes.map((one) => shown(one)),
    tracks: known.tracks.map((one) => shown(one)),
  };
}
