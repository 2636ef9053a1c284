import type { Task } from "../../../components/cvat/client/types.ts";
import { framesOf, type TaskFrames } from "../cvat/frames.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Batch } from "./media.ts";
import type { TaskWish } from "./wish.ts";

/** What of a task is in CVAT already. */
export type There =
  | { is: "absent" }
  /** All of it. */
  | { is: "whole"; task: Task; notes: string[] }
  /** Its record, without data: its run died, or CVAT is still at it. */
  | { is: "half"; task: Task }
  /** Something else under its name. */
  | { is: "other"; why: string };

const SHOWN = 3;

/**
 * Whether a batch is there. A task is known by its name, project, subset and the list of its files, since CVAT keeps nothing else of a program's.
 * @param named tasks of its name in the project
 */
export async function lookFor(
  { client }: CvatSpace,
  batch: Batch,
  wish: TaskWish,
  named: readonly Task[],
): Promise<There> {
  const [task, second] = named;
  if (!task) return { is: "absent" };
  const what = `Task ${batch.name} (#${task.id})`;
  if (second)
    return {
      is: "other",
      why: `There are ${named.length} tasks ${batch.name} in the project: ${named.map(({ id }) => `#${id}`).join(", ")}.`,
    };
  if ((task.size ?? 0) === 0) {
    const owner = task.owner?.username ?? "";
    return owner === client.username
      ? { is: "half", task }
      : {
          is: "other",
          why: `${what} is ${owner === "" ? "of nobody" : `of ${owner}`} and has no pictures, or none yet.`,
        };
  }
  if (task.subset !== wish.subset)
    return { is: "other", why: `${what} is of the subset "${task.subset}", not "${wish.subset}".` };
  const frames = await framesOf(client, task);
  const why = frames && differenceOf(batch, frames, wish);
  if (why !== undefined) return { is: "other", why: `${what} ${why}.` };
  return { is: "whole", task, notes: otherwiseMade(task, wish) };
}

/** How a task's frames differ from a batch; undefined where they do not. */
export function differenceOf({ kind, keys }: Batch, frames: TaskFrames, { film }: TaskWish): string | undefined {
  if (frames.isFilm !== (kind === "film")) return frames.isFilm ? "is of a film" : "is of pictures";
  const has = new Set(frames.frames.map(({ name }) => name));
  const missing = keys.filter((key) => !has.has(key));
  const wanted = new Set(keys);
  const more = [...has].filter((name) => !wanted.has(name));
  if (missing.length > 0 || more.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`lacks ${missing.length} of the files, as ${few(missing)}`] : []),
      ...(more.length > 0 ? [`has ${more.length} that are not among them, as ${few(more)}`] : []),
    ];
    return parts.join(", and ");
  }
  const { start = 0, step = 1 } = film;
  if (kind === "film" && (frames.start !== start || frames.step !== step))
    return `begins at frame ${frames.start} and takes one of ${frames.step}`;
  return undefined;
}

function few(names: readonly string[]): string {
  return names.slice(0, SHOWN).join(", ") + (names.length > SHOWN ? ", …" : "");
}

/** What is other than asked for and is left as it is: nobody loses his boxes for it. */
function otherwiseMade(task: Task, { quality, segmentSize }: TaskWish): string[] {
  const { image_quality, segment_size } = task;
  return [
    ...(image_quality !== undefined && image_quality !== quality
      ? [`its quality is ${image_quality}, not ${quality}`]
      : []),
    ...(segment_size !== segmentSize && segment_size < (task.size ?? 0)
      ? [`its jobs have ${segment_size} frames, not ${segmentSize}`]
      : []),
  ];
}
