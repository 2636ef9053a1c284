import { json, Refusal, refuse, errorPage, detail, type Answer } from "../answers.ts";
import { FORBIDDEN, mayTouch, type Asked } from "../asked.ts";
import { touch } from "../dates.ts";
import { wrong } from "../fields.ts";
import type { StoredData, StoredFrame, StoredJob, StoredTask } from "../store.ts";
import { framesName } from "./create.ts";

/** Pictures of a task, by their place in it; a film has one entry. */
export const framesOf = ({ store }: Pick<Asked, "store">, { id }: StoredTask): readonly StoredFrame[] =>
  (store.document(framesName(id)) as StoredFrame[] | undefined) ?? [];

/**
 * The same with an entry for each frame of a film, named as exports and imports name them. (dataset_manager/bindings.py, frame_info)
 * @param before frames that stand before it in a project's export. Default: none
 */
export function namedFrames(asked: Pick<Asked, "store">, task: StoredTask, before = 0): readonly StoredFrame[] {
  const frames = framesOf(asked, task);
  const [film] = frames;
  const { data } = task;
  if (data?.mode !== "interpolation" || !film) return frames;
  const step = Number(/step\s*=\s*([1-9]\d*)/.exec(data.frame_filter)?.[1] ?? 1);
  return Array.from({ length: data.size }, (_, at) => ({
    ...film,
    name: `frame_${String(before + data.start_frame + at * step).padStart(6, "0")}`,
  }));
}

/** What a task without pictures breaks at. */
export function dataOf({ data }: StoredTask): StoredData {
  if (!data) throw new Refusal(errorPage(500, "Server Error (500)"));
  return data;
}

/** The name that other frames have in a ground-truth job. (cvat-real-third-look.md, 6.5) */
const PLACEHOLDER = "placeholder.jpg";

/** What a task or one of its jobs is made of. (cvat-real-third-look.md, 4.2) */
export function metaOf(asked: Asked, task: StoredTask, job?: StoredJob): Answer {
  const data = dataOf(task);
  const from = job?.start_frame ?? 0;
  const to = job?.stop_frame ?? data.size - 1;
  const isFilm = data.mode === "interpolation";
  const all = framesOf(asked, task);
  const own = isFilm ? all : all.slice(from, to + 1);
  const frames = own.map((frame, at) => ({
    ...frame,
    ...(job?.frames && !job.frames.includes(from + at) && { name: PLACEHOLDER }),
    related_files: 0,
    has_related_context: false,
  }));
  return json(200, {
    ...{ chunk_size: data.chunk_size, image_quality: data.image_quality, frame_filter: data.frame_filter },
    ...{ start_frame: data.start_frame, stop_frame: data.stop_frame },
    ...{ storage: data.storage, cloud_storage_id: data.cloud_storage_id },
    size: to - from + 1,
    ...(job && !isFilm && { start_frame: from, stop_frame: to }),
    ...{ frames, chapters: isFilm ? [] : null, included_frames: job?.frames ?? null },
    deleted_frames: data.deleted_frames.filter((frame) => frame >= from && frame <= to),
    chunks_updated_date: task.created_date,
  });
}

/** Takes frames out, or has the pictures come from another storage, whether they are there or not. (cvat-real-third-look.md, 3.5) */
export function changeMeta(asked: Asked, task: StoredTask): Answer {
  const { body, state } = asked;
  const data = dataOf(task);
  if ("cloud_storage_id" in body) {
    const id = body["cloud_storage_id"];
    if (id === null) throw wrong("cloud_storage_id", "This field may not be null.");
    const storage = state.storages.find((one) => one.id === id);
    if (!storage) throw wrong("cloud_storage_id", `The specified cloud storage ${JSON.stringify(id)} does not exist.`);
    if (!mayTouch(asked, storage, "supervisor") || storage.organization !== task.organization)
      throw detail(403, FORBIDDEN);
    data.cloud_storage_id = storage.id;
  }
  if ("deleted_frames" in body) {
    const wanted = body["deleted_frames"] as number[];
    if (new Set(wanted).size < wanted.length) throw wrong("deleted_frames", "Deleted frames cannot repeat");
    const unknown = wanted.filter((frame) => frame >= data.size).sort((one, other) => one - other);
    if (unknown.length > 0)
      throw refuse(400, { deleted_frames: [`Unknown frames ${unknown.join(", ")} requested for removal`] });
    data.deleted_frames = [...wanted];
  }
  // The task's date, not that of its project. (engine/serializers.py, DataMetaWriteSerializer; cvat-real-third-look.md 3.2)
  touch(task);
  return metaOf(asked, task);
}
