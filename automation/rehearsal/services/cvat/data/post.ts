import { errorPage, json, Refusal, refuse, type Answer } from "../answers.ts";
import type { Asked } from "../asked.ts";
import { choiceField, textField, wrong } from "../fields.ts";
import { begin } from "../requests.ts";
import type { StoredTask } from "../store.ts";
import type { DataCall } from "./create.ts";
import { SORTINGS } from "./sorting.ts";

const FREE = { optional: true, blank: true };

/** Data is asked for here, and taken in afterwards by a worker. (4.5 to 4.13) */
export function postData(asked: Asked, task: StoredTask): Answer {
  const { body, state } = asked;
  const call = callIn(body);
  const image_quality = qualityIn(body);
  const cloud_storage_id = (body["cloud_storage_id"] ?? null) as number | null;
  if (cloud_storage_id !== null && !state.storages.some(({ id }) => id === cloud_storage_id))
    throw refuse(400, ["CloudStorage matching query does not exist."]);
  if ((task.data?.size ?? 0) > 0) throw new Refusal(json(400, "Adding more data is not supported"));
  const all = [...task.posted, ...call.server_files];
  if (new Set(all).size < all.length) throw new Refusal(errorPage(500, "Server Error (500)"));
  // Kept also by a call that comes too early. (4.13)
  task.posted = all;
  task.data = {
    ...{ image_quality, cloud_storage_id, storage: "cloud_storage", size: 0, chunk_size: call.chunk_size ?? 0 },
    ...{ start_frame: call.start_frame, stop_frame: 0, frame_filter: call.frame_filter },
    ...{ sorting_method: call.sorting_method, deleted_frames: [], mode: "annotation" },
  };
  return begin(asked, {
    id: `action=create&target=task&target_id=${task.id}`,
    ...{ type: "create:task", target: "task", task_id: task.id, project_id: task.project_id },
    parameters: { ...call, server_files: all },
  });
}

function qualityIn(body: Record<string, unknown>): number {
  const quality = body["image_quality"];
  if (quality === undefined) throw wrong("image_quality", "This field is required.");
  if (!Number.isInteger(Number(quality))) throw wrong("image_quality", "A valid integer is required.");
  if (Number(quality) > 100) throw wrong("image_quality", "Ensure this value is less than or equal to 100.");
  if (Number(quality) < 0) throw wrong("image_quality", "Ensure this value is greater than or equal to 0.");
  return Number(quality);
}

/** (DataSerializer in engine/serializers.py; cvat-real-third-look.md, 4.3) */
function callIn(body: Record<string, unknown>): DataCall {
  const server_files = (body["server_files"] ?? []) as string[];
  const filename_pattern = textField(body, "filename_pattern", FREE) ?? "";
  const frame_filter = textField(body, "frame_filter", FREE) ?? "";
  const start_frame = Number(body["start_frame"] ?? 0);
  const stop_frame = body["stop_frame"] === undefined ? undefined : Number(body["stop_frame"]);
  const chunk_size = body["chunk_size"] === undefined ? undefined : Number(body["chunk_size"]);
  const validation = body["validation_params"] as Record<string, unknown> | undefined;
  if (validation && !["gt", "gt_pool"].includes(String(validation["mode"])))
    throw refuse(400, { mode: [`"${String(validation["mode"])}" is not a valid choice.`] });
  if (frame_filter !== "" && !/step\s*=\s*[1-9]/.test(frame_filter))
    throw wrong("frame_filter", "Invalid frame filter expression");
  if (chunk_size !== undefined && chunk_size <= 0) throw wrong("chunk_size", "Chunk size must be a positive integer");
  if (stop_frame !== undefined && body["start_frame"] !== undefined && start_frame > stop_frame)
    throw wrong("non_field_errors", "Stop frame must be more or equal start frame");
  if (filename_pattern !== "" && server_files.some((file) => !file.endsWith(".jsonl")))
    throw wrong(
      "non_field_errors",
      "The filename_pattern can only be used with specified manifest or without server_files",
    );
  return {
    ...{ server_files, filename_pattern, frame_filter, start_frame },
    server_files_exclude: (body["server_files_exclude"] ?? []) as string[],
    sorting_method:
      body["sorting_method"] === undefined ? "lexicographical" : choiceField(body, "sorting_method", SORTINGS),
    ...(stop_frame !== undefined && { stop_frame }),
    ...(chunk_size !== undefined && { chunk_size }),
    ...(validation && { validation }),
  };
}
