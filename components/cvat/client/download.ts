import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { UserError } from "../../program/errors.ts";
import { textOf } from "../../rest/answer.ts";
import { patiently } from "../../rest/patience.ts";
import type { Connection } from "./connection.ts";
import { authorizationOf } from "./authorization.ts";
import { CvatError, readableBody } from "./errors.ts";

const UNFINISHED = ".part";
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 1_000;

export interface Downloading {
  /** Is told how far it is. */
  update?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Loads a file from CVAT, which appears under its name when it is whole. It begins anew when the line breaks: CVAT answers HEAD with 500 and gives
 * the whole file whatever range it is asked for. (cvat-rest-measured.md 6.2)
 * @param place path and query, from the root of the server on
 * @returns bytes
 * @throws CvatError; what the signal was aborted with. Nothing is left then
 */
export async function download(
  connection: Pick<Connection, "endpoint" | "token">,
  place: string,
  file: string,
  { update = () => undefined, signal }: Downloading = {},
): Promise<number> {
  const unfinished = `${file}${UNFINISHED}`;
  try {
    await patiently(() => once(connection, place, unfinished, update, signal), {
      attempts: ATTEMPTS,
      firstPauseMs: FIRST_PAUSE_MS,
      signal,
      mayPass: (error) => error instanceof CvatError && error.maybeDone,
    });
    const { size } = await stat(unfinished);
    await rename(unfinished, file);
    return size;
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function once(
  { endpoint, token = "" }: Pick<Connection, "endpoint" | "token">,
  place: string,
  file: string,
  update: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = `GET ${place.split("?")[0] ?? ""}`;
  try {
    const response = await fetch(`${endpoint.replace(/\/+$/, "")}${place}`, {
      headers: { Accept: "*/*", Authorization: authorizationOf(token) },
      redirect: "manual",
      ...(signal && { signal }),
    });
    const type = response.headers.get("content-type") ?? "";
    const body = Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>);
    if (response.status !== 200)
      throw new CvatError(name, readableBody(type, await textOf(body)), { status: response.status });
    await pipeline(body, counted(update), createWriteStream(file), { ...(signal && { signal }) });
    // Of what was packed for the way the length is another.
    const length = response.headers.has("content-encoding") ? null : response.headers.get("content-length");
    await refuseShort(file, Number(length ?? Number.NaN));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CvatError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOSPC", "EACCES", "EISDIR", "EROFS"].includes(code ?? ""))
      throw new UserError(`${file} cannot be written: ${(error as Error).message}`, { exitCode: 2, cause: error });
    throw new CvatError(`${name} at ${endpoint}`, `the line broke: ${(error as Error).message}`, { cause: error });
  }
}

function counted(update: (text: string) => void) {
  return async function* (chunks: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      update(`${(bytes / 1e6).toFixed(1)} MB loaded`);
      yield chunk;
    }
  };
}

async function refuseShort(file: string, whole: number): Promise<void> {
  const { size } = await stat(file);
  if (!Number.isNaN(whole) && size !== whole) throw new Error(`${size} of ${whole} bytes came`);
}
