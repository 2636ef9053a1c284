import type { CvatClient } from "../../../components/cvat/client/client.ts";
import { CALL_MS } from "../../../components/cvat/client/connection.ts";
import { CvatError, readableBody } from "../../../components/cvat/client/errors.ts";
import { authorizationOf } from "../../../components/cvat/client/authorization.ts";
import { limitedTo } from "../../../components/rest/ending.ts";
import { whyNoAnswer } from "../../../components/rest/no-answer.ts";

/** A call whose body or answer is no JSON. */
export interface RawCall {
  method: "GET" | "POST" | "PATCH";
  /** Path and query, from the root of the server on. */
  place: string;
  headers?: Readonly<Record<string, string>>;
  /** Default: nothing is sent. */
  body?: Buffer;
  /** Breaks it off. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

export interface RawAnswer {
  headers: Headers;
  bytes: Buffer;
}

/** Pictures, archives and tables of a small task are far below. An answer without an end would take all memory. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * One call, once, and its answer's bytes.
 * @throws CvatError for every answer but a success, and for none; what the signal was aborted with
 */
export async function rawCall(
  client: CvatClient,
  { method, place, headers, body, signal }: RawCall,
): Promise<RawAnswer> {
  const { endpoint, token = "" } = await client.account();
  const name = `${method} ${place.split("?")[0] ?? ""}`;
  try {
    const { response, bytes } = await limitedTo(CALL_MS, signal, async (ends) => {
      const response = await fetch(`${endpoint.replace(/\/+$/, "")}${place}`, {
        method,
        headers: { Accept: "*/*", Authorization: authorizationOf(token), ...headers },
        ...(body && { body }),
        redirect: "manual",
        signal: ends,
      });
      return { response, bytes: await bytesOf((response.body ?? []) as AsyncIterable<Uint8Array>) };
    });
    if (response.ok) return { headers: response.headers, bytes };
    const type = response.headers.get("content-type") ?? "";
    throw new CvatError(name, readableBody(type, bytes.toString("utf8")), { status: response.status });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CvatError) throw error;
    throw new CvatError(`${name} at ${endpoint}`, whyNoAnswer(error, CALL_MS), { cause: error });
  }
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > LARGEST_BYTES) throw new Error(`it sends more than ${LARGEST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The place of what CVAT names by a whole address: that has the host which CVAT believes to have. (cvat-rest-measured.md 6.2) */
export function placeIn(url: string, client: CvatClient): string {
  const { pathname, search } = new URL(url, client.endpoint);
  return `${pathname}${search}`;
}
