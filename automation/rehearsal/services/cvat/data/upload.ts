import { nothing, type Answer } from "../answers.ts";
import type { Asked } from "../asked.ts";
import type { StoredTask } from "../store.ts";
import { beginUpload } from "../tus.ts";
import { postData } from "./post.ts";

/** Pictures that are sent piece by piece, and the call that has them taken in. (recorded of 2.64.0; engine/mixins.py, UploadMixin) */
export function uploadData(asked: Asked, task: StoredTask): Answer {
  const { headers } = asked;
  if (headers["upload-finish"] !== undefined) return postData(asked, task);
  if (headers["upload-start"] !== undefined) return nothing(202);
  if (headers["upload-length"] !== undefined) return beginUpload(asked, `tasks/${task.id}/data`, task, true);
  return postData(asked, task);
}
