import type {
  State,
  Store,
  StoredFrame,
  StoredJob,
  StoredLabel,
  StoredProject,
  StoredTask,
  StoredUser,
} from "../../store.ts";
import { namedFrames } from "../../data/meta.ts";
import { labelsOf } from "../../owned.ts";
import { ownOf } from "../change.ts";
import { interpolated } from "../interpolate.ts";
import { those, type Annotations, type Shape, type Tag } from "../model.ts";

/** A task and what is exported of it. */
export interface ExportedTask {
  task: StoredTask;
  subset: string;
  jobs: readonly StoredJob[];
  labels: readonly StoredLabel[];
  /** Frames but those that were taken out, with their number in the task. */
  frames: readonly (StoredFrame & { number: number })[];
  annotations: Annotations;
  owner: StoredUser | undefined;
  assignee: StoredUser | undefined;
}

/** What a whole export is made of. */
export interface Exported {
  project: StoredProject | undefined;
  projectOwner: StoredUser | undefined;
  tasks: readonly ExportedTask[];
  labels: readonly StoredLabel[];
}

/** Tasks without a subset are in this one. (cvat-real-third-look.md, 5.2) */
export const DEFAULT_SUBSET = "default";

interface Kept {
  store: Store;
  state: State;
}

/** One task, or those of a project that have data, by subset. */
export function exportedOf(
  kept: Kept,
  {
    project,
    task,
    job,
  }: { project?: StoredProject | undefined; task?: StoredTask | undefined; job?: StoredJob | undefined },
): Exported {
  const { state } = kept;
  const tasks = task ? [task] : state.tasks.filter((one) => one.project_id === project?.id && one.data !== null);
  const bySubset = [...tasks].sort((one, other) =>
    one.subset === other.subset ? one.id - other.id : one.subset < other.subset ? -1 : 1,
  );
  const userOf = (id: number | null | undefined) => state.users.find((user) => user.id === id);
  const [first] = tasks;
  const before = project ? framesBefore(bySubset) : new Map<StoredTask, number>();
  return {
    project,
    projectOwner: userOf(project?.owner),
    labels: project
      ? state.labels.filter(({ project_id }) => project_id === project.id)
      : first
        ? labelsOf(kept, first)
        : [],
    tasks: bySubset.map((one) => {
      const deleted = new Set(one.data?.deleted_frames);
      const known = new Set(labelsOf(kept, one).map(({ id }) => id));
      const inRange = (number: number) => !job || (job.start_frame <= number && number <= job.stop_frame);
      return {
        ...{ task: one, subset: one.subset || DEFAULT_SUBSET, labels: labelsOf(kept, one) },
        jobs: state.jobs.filter(({ task_id, type }) => task_id === one.id && type === "annotation"),
        frames: namedFrames(kept, one, before.get(one))
          .map((frame, number) => ({ ...frame, number }))
          .filter(({ number }) => !deleted.has(number) && inRange(number)),
        // Those of a label that was taken away went with it.
        annotations: those(ownOf(kept, { task: one, job }), ({ label_id }) => known.has(label_id)),
        owner: userOf(one.owner),
        assignee: userOf(one.assignee),
      };
    }),
  };
}

/** In a project's export the frames of a subset are counted through. (dataset_manager/bindings.py, _init_task_frame_offsets) */
function framesBefore(tasks: readonly StoredTask[]): Map<StoredTask, number> {
  const before = new Map<StoredTask, number>();
  const counts = new Map<string, number>();
  for (const task of tasks) {
    const count = counts.get(task.subset) ?? 0;
    before.set(task, count);
    counts.set(task.subset, count + absolute(task, task.data?.size ?? 0));
  }
  return before;
}

/** A shape on a frame; one of a track says so. */
export interface ShapeOnFrame extends Shape {
  /** Place of its track among the task's. */
  track?: number;
  keyframe?: boolean;
}

/** What is on each frame; a track is a shape on every frame where it is not outside. */
export function byFrame({ task, annotations }: ExportedTask): Map<number, { tags: Tag[]; shapes: ShapeOnFrame[] }> {
  const found = new Map<number, { tags: Tag[]; shapes: ShapeOnFrame[] }>();
  const at = (frame: number) => {
    const here = found.get(frame) ?? { tags: [], shapes: [] };
    found.set(frame, here);
    return here;
  };
  for (const tag of annotations.tags) at(tag.frame).tags.push(tag);
  for (const shape of annotations.shapes) at(shape.frame).shapes.push(shape);
  for (const [number, track] of annotations.tracks.entries()) {
    for (const placed of interpolated(track, task.data?.size ?? 0)) {
      if (placed.outside) continue;
      const attributes = [...track.attributes, ...placed.attributes];
      at(placed.frame).shapes.push({ ...track, ...placed, attributes, score: 1, elements: [], track: number });
    }
  }
  for (const { shapes } of found.values()) shapes.sort((one, other) => one.z_order - other.z_order);
  return found;
}

/** A picture's number in its source: a film may have been begun later, and by steps. */
export function absolute({ data }: StoredTask, frame: number): number {
  return (data?.start_frame ?? 0) + frame * frameStep(data?.frame_filter ?? "");
}

export const frameStep = (filter: string): number => Number(/step\s*=\s*([1-9]\d*)/.exec(filter)?.[1] ?? 1);
