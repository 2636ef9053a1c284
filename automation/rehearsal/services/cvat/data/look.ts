import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { deflateSync, crc32 } from "node:zlib";
import { errorPage, json, nothing, Refusal, type Answer } from "../answers.ts";
import type { Asked } from "../asked.ts";
import { bytesOf } from "../bucket.ts";
import type { StoredStorage, StoredTask } from "../store.ts";
import { ownFile } from "../tus.ts";
import { zipped } from "../zip.ts";
import { filmFile } from "./create.ts";
import { dataOf, framesOf } from "./meta.ts";
import { pictureOf } from "./picture.ts";

const said = (status: number, text: string): Refusal => new Refusal(json(status, text));
/** So long CVAT waits for its worker of chunks, and then has nothing to say. (recorded of 2.64.0) */
const CHUNK_MS = 50_000;
const media = (type: string, bytes: Buffer): Answer => ({ status: 200, type, text: bytes });

/**
 * Pictures of a task: one frame, a chunk, a preview. A picture comes as it is stored: nothing is coded anew here, and a film's frames are grey.
 * (4.15; cvat-real-third-look.md, 4.5)
 */
export async function look(asked: Asked, task: StoredTask): Promise<Answer> {
  const type = asked.query.get("type");
  const number = asked.query.get("number");
  if (type === "preview") return preview(asked, task);
  if (type !== "frame" && type !== "chunk") throw said(400, "Data type not specified or has wrong value");
  if (number === null) throw said(400, "Number is not specified");
  if (!/^-?\d+$/.test(number)) throw new Refusal(errorPage(500, "Server Error (500)"));
  if (!asked.workers.makeChunks) {
    await pause(CHUNK_MS, undefined, { ref: false });
    throw new Refusal(nothing(429));
  }
  return type === "frame" ? frame(asked, task, Number(number)) : chunk(asked, task, Number(number));
}

/** The first picture. */
export async function preview(asked: Asked, task: StoredTask): Promise<Answer> {
  const { bytes, type } = await picture(asked, task, 0);
  return media(dataOf(task).mode === "interpolation" ? "image/jpeg" : type, bytes);
}

async function frame(asked: Asked, task: StoredTask, number: number): Promise<Answer> {
  const { size } = dataOf(task);
  if (number < 0 || number >= size)
    throw said(400, `Invalid frame '${number}'. The frame number should be in the [0, ${size}] range`);
  const { bytes, type } = await picture(asked, task, number);
  return media(type, bytes);
}

async function chunk(asked: Asked, task: StoredTask, number: number): Promise<Answer> {
  const { size, chunk_size, mode } = dataOf(task);
  const last = Math.ceil(size / chunk_size) - 1;
  if (number < 0 || number > last)
    throw said(400, `Invalid chunk number '${number}'. The chunk number should be in the [0, ${last}] range`);
  if (mode === "interpolation") return media("video/mp4", filmBytes(asked, task));
  const frames = framesOf(asked, task).slice(number * chunk_size, (number + 1) * chunk_size);
  const pictures = await Promise.all(frames.map((_, at) => picture(asked, task, number * chunk_size + at)));
  const names = pictures.map(({ type }, at) => `${String(at).padStart(6, "0")}.${type.replace(/.*\//, "")}`);
  return media("application/zip", zipped(pictures.map(({ bytes }, at) => ({ name: names[at] ?? "", bytes }))));
}

/** A picture's own bytes, whatever of CVAT asks for them. */
export async function picture(
  asked: Pick<Asked, "store" | "state" | "config">,
  task: StoredTask,
  number: number,
): Promise<{ name: string; type: string; bytes: Buffer }> {
  const { mode, cloud_storage_id } = dataOf(task);
  const frames = framesOf(asked, task);
  const film = mode === "interpolation";
  const stored = frames[film ? 0 : number];
  if (!stored) throw said(400, `Invalid frame '${number}'. The frame number should be in the [0, 0] range`);
  if (film) return { name: stored.name, type: "image/png", bytes: grey(stored.width, stored.height) };
  if (dataOf(task).storage === "local") {
    const own = readFileSync(ownFile(asked.store, task.id, stored.name));
    return { name: stored.name, type: pictureOf(own)?.type ?? "application/octet-stream", bytes: own };
  }
  const storage: StoredStorage | undefined = asked.state.storages.find(({ id }) => id === cloud_storage_id);
  if (!storage) throw said(409, "Task is not connected to cloud storage");
  const bytes = await bytesOf(asked.config, storage, stored.name);
  if (!bytes) throw said(404, `The file '${stored.name}' not found on the cloud storage '${storage.resource}'`);
  return { name: stored.name, type: pictureOf(bytes)?.type ?? "application/octet-stream", bytes };
}

function filmBytes({ store }: Asked, { id }: StoredTask): Buffer {
  const file = store.fileFor(filmFile(id));
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

/** A grey picture: nothing here decodes films. */
function grey(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.writeUInt8(8, 8);
  const rows = Buffer.alloc((width + 1) * height, 0x80);
  for (let row = 0; row < height; row++) rows.writeUInt8(0, row * (width + 1));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", head),
    pngChunk("IDAT", deflateSync(rows)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
