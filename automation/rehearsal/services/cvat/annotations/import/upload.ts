import { appendFileSync, existsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { detail, json, nothing, type Answer } from "../../answers.ts";
import { FORBIDDEN, type Asked, type Route } from "../../asked.ts";
import type { Scope } from "../change.ts";
import { beginImport } from "./begin.ts";

const TUS = { "Tus-Resumable": "1.0.0" };

/**
 * A file of annotations that is sent, as cvat-sdk 2.64.0 does it: it says that it begins, makes a file, sends pieces, says that it is over.
 * Without any of that it lies in a bucket. (cvat_sdk/core/uploading.py)
 */
export function upload(asked: Asked, scope: Scope): Answer {
  const { headers, query, store, host } = asked;
  if (headers["upload-start"] !== undefined) return nothing(202);
  if (headers["upload-finish"] !== undefined) {
    const file = store.fileFor(uploadName(query.get("filename") ?? ""));
    return beginImport(asked, scope, file);
  }
  if (headers["upload-length"] === undefined) return beginImport(asked, scope);
  const metadata = String(headers["upload-metadata"] ?? "");
  const given = Buffer.from(/filename ([^,]*)/.exec(metadata)?.[1] ?? "", "base64").toString("utf8");
  const name = `${store.next("uploads")}-${path.posix.basename(given)}`;
  writeFileSync(store.fileFor(uploadName(name)), "");
  const place = scope.job ? `jobs/${scope.job.id}` : `tasks/${scope.task.id}`;
  const Location = `http://${host}/api/${place}/annotations/${encodeURIComponent(name)}`;
  return { ...nothing(201), headers: { ...TUS, Location, "Upload-Filename": name } };
}

const uploadName = (name: string): string => `upload-${name.replaceAll("/", "_")}`;

export const UPLOAD_ROUTES: readonly Route[] = [
  {
    path: /^(?:tasks|jobs)\/\d+\/annotations\/([^/]+)$/,
    methods: {
      PATCH: (asked) => {
        const file = fileOf(asked);
        const { size } = statSync(file);
        if (Number(asked.headers["upload-offset"]) !== size)
          return { ...json(409, { detail: "Conflict" }), headers: { ...TUS, "Upload-Offset": String(size) } };
        appendFileSync(file, asked.bytes);
        return { ...nothing(204), headers: { ...TUS, "Upload-Offset": String(size + asked.bytes.length) } };
      },
      HEAD: (asked) => {
        const headers = { ...TUS, "Upload-Offset": String(statSync(fileOf(asked)).size) };
        return { ...nothing(200), headers };
      },
    },
  },
];

function fileOf({ store, parts }: Asked): string {
  const file = store.fileFor(uploadName(parts[0] ?? ""));
  if (!existsSync(file)) throw detail(403, FORBIDDEN);
  return file;
}
