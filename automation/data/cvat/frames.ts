import type { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Task } from "../../../components/cvat/client/types.ts";

/** A picture of a task as CVAT knows it. */
export interface Frame {
  /** Key of the object, where it came from a bucket. */
  name: string;
  width: number;
  height: number;
}

/** What a task shows. Frame n of a film is the film's own number `start + n * step`. (cvat-real-third-look.md 4.3) */
export interface TaskFrames {
  /** Number of frames; of a film too. */
  size: number;
  /** One a picture, by number. Of a film, and of nothing else, there is one for all. */
  frames: Frame[];
  isFilm: boolean;
  start: number;
  step: number;
  /** Numbers of those that were taken out. */
  deleted: number[];
}

interface DataMeta {
  size: number;
  start_frame: number;
  frame_filter: string;
  frames: Frame[];
  deleted_frames: number[];
}

/** The frames of a task; undefined while it has no data. */
export async function framesOf(
  client: CvatClient,
  task: Pick<Task, "id" | "size" | "mode">,
): Promise<TaskFrames | undefined> {
  if ((task.size ?? 0) === 0) return undefined;
  const meta = await client.get<DataMeta>(`tasks/${task.id}/data/meta`);
  return {
    size: meta.size,
    frames: meta.frames.map(({ name, width, height }) => ({ name, width, height })),
    isFilm: task.mode === "interpolation",
    start: meta.start_frame,
    step: Number(/^step=(\d+)$/.exec(meta.frame_filter)?.[1] ?? 1),
    deleted: meta.deleted_frames,
  };
}

/**
 * The names by which files of annotations know the frames: of pictures their keys, of a film `frame_000012`, the number being the film's own.
 * (dataset_manager/bindings.py: frame_info)
 */
export function frameNames({ isFilm, size, start, step, frames }: TaskFrames): string[] {
  if (!isFilm) return frames.map(({ name }) => name);
  return Array.from({ length: size }, (_, at) => `frame_${String(start + at * step).padStart(6, "0")}`);
}
