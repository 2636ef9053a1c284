import { randomUUID } from "node:crypto";
import { appendFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { json, nothing, Refusal, type Answer } from "./answers.ts";
import type { Asked } from "./asked.ts";
import type { Store, StoredTask, StoredUpload } from "./store.ts";

const TUS = { "Tus-Resumable": "1.0.0" };
/** What CVAT calls a file that is on its way: the user, and a UUID. (engine/tus.py) */
export const UPLOAD_ID = "(\\d+_[0-9a-f-]{36})";

const refused = (status: number, said?: string): Refusal =>
  new Refusal({ ...(said === undefined ? nothing(status) : json(status, said)), headers: TUS });

/** Where a file lies that was sent: on its way, or one of annotations. */
export const sentFile = (store: Store, id: string): string => store.fileFor(`upload-${id.replaceAll("/", "_")}`);
/** Where a task's own picture lies, once all of it has come. */
export const ownFile = (store: Store, task: number, name: string): string =>
  store.fileFor(`own-${task}-${encodeURIComponent(name)}`);

/**
 * A file begins that is sent in pieces. (recorded of 2.64.0; engine/mixins.py, UploadMixin)
 * @param place what its address begins with: `tasks/3/data`
 * @param task undefined: there is none yet, a backup is to make it
 * @param keepsName whether it is one of the task's pictures in the end, under its own name. One of annotations keeps its number.
 */
export function beginUpload(
  { headers, state, store, user, host }: Asked,
  place: string,
  task: StoredTask | undefined,
  keepsName: boolean,
): Answer {
  const metadata = String(headers["upload-metadata"] ?? "");
  const name = Buffer.from(/filename ([^,]*)/.exec(metadata)?.[1] ?? "", "base64").toString("utf8");
  if (keepsName && name === "") throw refused(400, "Metadata is expected to contain 'filename' key");
  if (keepsName && task?.uploaded?.includes(name)) throw refused(409, "File with same name already exists");
  const id = `${user.id}_${randomUUID()}`;
  state.uploads.push({
    id,
    task: task?.id ?? null,
    length: Number(headers["upload-length"]),
    name: keepsName ? name : null,
  });
  writeFileSync(sentFile(store, id), "");
  const Location = `http://${host}/api/${place}/${id}`;
  return { ...nothing(201), headers: { ...TUS, Location, "Upload-Filename": keepsName ? name : id } };
}

/** A piece comes where the last one ended. */
export function takePiece(asked: Asked): Answer {
  const { state, store, headers, bytes } = asked;
  const upload = uploadOf(asked);
  const file = sentFile(store, upload.id);
  const { size } = statSync(file);
  if (Number(headers["upload-offset"]) !== size) throw refused(409);
  const end = size + bytes.length;
  if (end > upload.length) throw refused(413);
  appendFileSync(file, bytes);
  if (end === upload.length) {
    state.uploads = state.uploads.filter((one) => one !== upload);
    const task = state.tasks.find((one) => one.id === upload.task);
    if (task && upload.name !== null) {
      renameSync(file, ownFile(store, task.id, upload.name));
      task.uploaded = [...(task.uploaded ?? []), upload.name];
    }
  }
  return { ...nothing(204), headers: { ...TUS, "Upload-Offset": String(end) } };
}

/** How much of a file has come. */
export function lookAtUpload(asked: Asked): Answer {
  const upload = uploadOf(asked);
  const { size } = statSync(sentFile(asked.store, upload.id));
  const headers = { ...TUS, "Upload-Offset": String(size), "Upload-Length": String(upload.length) };
  return { ...nothing(200), headers };
}

/** One that is whole is known no more. */
function uploadOf(asked: Asked): StoredUpload {
  const { state, user } = asked;
  const id = asked.parts.at(-1) ?? "";
  const found = state.uploads.find((one) => one.id === id);
  if (!id.startsWith(`${user.id}_`)) throw refused(403);
  if (!found) throw refused(404);
  return found;
}

/** What was sent of a task goes with it. */
export function removeSent({ state, store }: Pick<Asked, "state" | "store">, task: StoredTask): void {
  const under = state.uploads.filter((one) => one.task === task.id);
  state.uploads = state.uploads.filter((one) => one.task !== task.id);
  const files = [
    ...under.map(({ id }) => sentFile(store, id)),
    ...(task.uploaded ?? []).map((name) => ownFile(store, task.id, name)),
  ];
  for (const file of files) rmSync(file, { force: true });
}
