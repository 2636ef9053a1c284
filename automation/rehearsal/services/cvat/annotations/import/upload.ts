import { nothing, type Answer } from "../../answers.ts";
import type { Asked, Route } from "../../asked.ts";
import { beginUpload, lookAtUpload, sentFile, takePiece, UPLOAD_ID } from "../../tus.ts";
import type { Scope } from "../change.ts";
import { beginImport } from "./begin.ts";

/**
 * A file of annotations that is sent, as cvat-sdk 2.64.0 does it: it says that it begins, makes a file, sends pieces, says that it is over.
 * Without any of that it lies in a bucket. (cvat_sdk/core/uploading.py)
 */
export function upload(asked: Asked, scope: Scope): Answer {
  const { headers, query, store } = asked;
  if (headers["upload-start"] !== undefined) return nothing(202);
  if (headers["upload-finish"] !== undefined)
    return beginImport(asked, scope, sentFile(store, query.get("filename") ?? ""));
  if (headers["upload-length"] === undefined) return beginImport(asked, scope);
  const place = scope.job ? `jobs/${scope.job.id}` : `tasks/${scope.task.id}`;
  return beginUpload(asked, `${place}/annotations`, scope.task, false);
}

export const UPLOAD_ROUTES: readonly Route[] = [
  {
    path: new RegExp(`^(?:tasks|jobs)/(\\d+)/annotations/${UPLOAD_ID}$`),
    methods: { PATCH: takePiece, HEAD: lookAtUpload },
  },
];
