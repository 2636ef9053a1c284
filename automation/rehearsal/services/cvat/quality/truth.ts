import { errorPage, json, nothing, Refusal, refuse, type Answer } from "../answers.ts";
import type { Asked } from "../asked.ts";
import { touchBoth } from "../dates.ts";
import { choiceField, wrong } from "../fields.ts";
import { countIn, drawn } from "../frame-choice.ts";
import { oneJob, oneTask, removeIssues } from "../owned.ts";
import { newJob } from "../segments.ts";
import type { StoredJob, StoredTask } from "../store.ts";

const METHODS = ["random_uniform", "random_per_job", "manual"];

/** The one job of a task whose annotations are the truth. (cvat-real-third-look.md, 6.5) */
export const truthOf = ({ state }: Pick<Asked, "state">, task: number): StoredJob | undefined =>
  state.jobs.find(({ task_id, type }) => task_id === task && type === "ground_truth");

/** Jobs come with a task's data; this is the one kind that is made. */
export function makeTruth(asked: Asked, shown: (asked: Asked, job: StoredJob) => unknown): Answer {
  const { body, state, store } = asked;
  if (body["type"] !== "ground_truth") throw wrong("type", `"${textOf(body["type"])}" is not a valid choice.`);
  const task = oneTask({ ...asked, parts: [textOf(body["task_id"])] });
  // Nothing asks whether it is there. (6.5)
  if (body["frame_selection_method"] === undefined) throw new Refusal(errorPage(500, "Server Error (500)"));
  const method = choiceField(body, "frame_selection_method", METHODS);
  if (truthOf(asked, task.id)) throw refuse(400, [`A task can have only 1 ground truth job`]);
  const size = task.data?.size ?? 0;
  if (size === 0) throw refuse(400, ["This task has no data attached yet. Please set up task data and try again"]);
  const frames = method === "manual" ? named(body, size) : chosen(body, task);
  const job = newJob(store, task.id, { stop_frame: size - 1, type: "ground_truth", frames });
  state.jobs.push(job);
  return json(201, shown(asked, job));
}

function named(body: Record<string, unknown>, size: number): number[] {
  const frames = (body["frames"] ?? []) as number[];
  if (frames.length === 0) throw wrong("frames", "The list of frames cannot be empty");
  if (new Set(frames).size < frames.length) throw wrong("frames", "Frames must not repeat");
  const unknown = frames.filter((frame) => frame < 0 || frame >= size);
  if (unknown.length > 0) throw wrong("frames", `Unknown frames ${unknown.join(", ")}`);
  return [...frames].sort((one, other) => one - other);
}

function chosen(body: Record<string, unknown>, task: StoredTask): number[] {
  const size = task.data?.size ?? 0;
  const count = countIn(body, size);
  if (count > size)
    throw wrong(
      "frame_count",
      `The number of frames requested (${count}) must be not be greater than the number of the task frames (${size})`,
    );
  if (count <= 0) throw wrong("frame_count", "Ensure this value is greater than or equal to 1.");
  return drawn(size, count, textOf(body["random_seed"]));
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? ""));

/** Only such a job can be taken away. */
export function removeJob(asked: Asked): Answer {
  const job = oneJob(asked);
  if (job.type !== "ground_truth") throw refuse(400, ["Only ground truth jobs can be removed"]);
  removeIssues(asked, ({ job: id }) => id === job.id);
  asked.state.jobs = asked.state.jobs.filter((one) => one !== job);
  return nothing(204);
}

export function layoutOf(asked: Asked): Answer {
  const truth = truthOf(asked, oneTask(asked).id);
  if (!truth) return json(200, { mode: null });
  return json(200, { mode: "gt", validation_frames: truth.frames ?? [], disabled_frames: truth.disabled ?? [] });
}

/** Has frames of the truth not count, or count again. (engine/serializers.py, TaskValidationLayoutWriteSerializer) */
export function changeLayout(asked: Asked): Answer {
  const { body } = asked;
  const task = oneTask(asked);
  const truth = truthOf(asked, task.id);
  // CVAT returns the error that it means to raise. (engine/views.py, validation_layout)
  if (!truth) throw new Refusal(errorPage(500, "Server Error (500)"));
  if (body["frame_selection_method"] !== undefined)
    throw refuse(400, ["Honeypots can only be modified if the task validation mode is 'gt_pool'"]);
  if (body["disabled_frames"] !== undefined) {
    const wanted = body["disabled_frames"] as number[];
    const unknown = wanted.filter((frame) => !truth.frames?.includes(frame)).sort((one, other) => one - other);
    if (unknown.length > 0)
      throw refuse(400, [
        `Unknown frames requested for exclusion from the validation set: ${[...new Set(unknown)].join(", ")}`,
      ]);
    truth.disabled = [...wanted];
    touchBoth(asked, task);
  }
  return layoutOf(asked);
}
