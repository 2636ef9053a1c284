import http from "node:http";
import https from "node:https";
import aws4 from "aws4";
import { textOf } from "../../../components/rest/answer.ts";
import { patiently, retryAfterMs } from "../../../components/rest/patience.ts";
import { agentFor } from "../../../components/storage/client/agent.ts";
import { urlOf } from "../../../components/storage/client/place.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { Refused, sentenceOf } from "./refused.ts";

/** One call of the S3 API. */
export interface Ask {
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Default: the bucket itself. */
  key?: string;
  /** By name; one without a value is "". */
  query?: Readonly<Record<string, string | number>>;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | undefined;
  signal?: AbortSignal | undefined;
}

/** A bucket as calls reach it. */
export interface Wire {
  /** The answer, once it has begun, of a call that was done. Tried again where it may pass. */
  ask(ask: Ask): Promise<http.IncomingMessage>;
  /** The same with its body, whole. Tried again, too, where it breaks off in the middle. */
  whole<T>(ask: Ask, read: (answer: http.IncomingMessage) => Promise<T>): Promise<T>;
}

/** Nothing comes or goes for so long: the other end is gone. */
const SILENT_MS = 60_000;
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 8_000;

/**
 * Calls of one bucket. Each ends where its body does not move for a minute, and is tried six times where the store is busy or the line breaks:
 * all of them end where they began the first time.
 *
 * Signed by aws4 and sent by Node itself: of `minio` an answer 503 says nothing and is not read, parts are never found again (it numbers them
 * from 2), a key of digits loses its zeros, and reading a page of a listing takes 40 ms; `@aws-sdk/client-s3` takes twice the processor for
 * each object. (minio 8.0.7, client-s3 3.1175.0: 10,000 objects of 20 kB in 7.0 s and 13.4 s of processor)
 */
export function wireOf(place: S3Place, bucket: string, firstPauseMs = FIRST_PAUSE_MS): Wire {
  const agent = place.tls ? agentFor(place.ca, place.servername) : undefined;
  const once = async ({ signal, ...ask }: Ask): Promise<http.IncomingMessage> => {
    const answer = await sent(place, bucket, ask, agent, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new Refused(sentenceOf({ place, bucket, key: ask.key, error }), { cause: error });
    });
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const text = await textOf(answer as AsyncIterable<Buffer>).catch(() => "");
    const told = codeIn(text, answer);
    throw new Refused(sentenceOf({ place, bucket, key: ask.key, method: ask.method, status, ...told }), {
      status,
      code: told.code,
      retryAfterMs: retryAfterMs(answer.headers["retry-after"]),
    });
  };
  const whole = <T>(ask: Ask, read: (answer: http.IncomingMessage) => Promise<T>) =>
    patiently(
      async () => {
        const answer = await once(ask);
        return read(answer).catch((error: unknown) => {
          ask.signal?.throwIfAborted();
          throw error instanceof Refused
            ? error
            : new Refused(sentenceOf({ place, bucket, key: ask.key, error }), { cause: error });
        });
      },
      {
        attempts: ATTEMPTS,
        firstPauseMs,
        longestPauseMs: LONGEST_PAUSE_MS,
        signal: ask.signal,
        mayPass: (error) => error instanceof Refused && error.mayPass,
      },
    );
  return { whole, ask: (ask) => whole(ask, (answer) => Promise.resolve(answer)) };
}

/** What a refusal says: in its body, or where it has none in the headers that MinIO gives. */
function codeIn(text: string, { headers }: http.IncomingMessage): { code: string; message: string } {
  const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? "";
  const header = (name: string) => (typeof headers[name] === "string" ? headers[name] : "");
  return {
    code: field("Code") || header("x-minio-error-code"),
    message: field("Message") || header("x-minio-error-desc").replace(/^"|"$/g, ""),
  };
}

async function sent(
  place: S3Place,
  bucket: string,
  { method, key, query = {}, headers = {}, body }: Ask,
  agent: http.Agent | undefined,
  signal: AbortSignal | undefined,
): Promise<http.IncomingMessage> {
  const url = new URL(urlOf(place));
  const { request, globalAgent } = place.tls ? https : http;
  const inPath = place.pathStyle !== false;
  const words = Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(String(value))}`);
  const path = `${inPath ? `/${bucket}` : ""}/${key === undefined ? "" : escaped(key).replaceAll("%2F", "/")}`;
  const now = new Date();
  const signed = aws4.sign(
    {
      service: "s3",
      region: place.region,
      method,
      path: words.length > 0 ? `${path}?${words.join("&")}` : path,
      headers: {
        Host: inPath ? url.host : `${bucket}.${url.host}`,
        // By this one the signer takes its time; by its own clock it is another second now and then, and the signature does not match.
        Date: now.toUTCString(),
        "X-Amz-Date": now.toISOString().replace(/[:-]|\.\d{3}/g, ""),
        // What is sent is named by its MD5, which the signature covers; the store compares it.
        "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
        ...(place.sessionToken !== undefined && { "X-Amz-Security-Token": place.sessionToken }),
        ...(body && { "Content-Length": String(body.length) }),
        ...headers,
      },
    },
    { accessKeyId: place.user, secretAccessKey: place.password },
  );
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: (inPath ? "" : `${bucket}.`) + url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port || (place.tls ? 443 : 80),
        agent: agent ?? globalAgent,
        method,
        path: signed.path,
        headers: signed.headers as http.OutgoingHttpHeaders,
        timeout: SILENT_MS,
        ...(signal && { signal }),
      },
      resolve,
    );
    asked.on("timeout", () => asked.destroy(new Error(`nothing moves for ${SILENT_MS / 1000} s`)));
    asked.on("error", reject);
    asked.end(body);
  });
}

/** As RFC 3986 has it, and so the signature. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The bytes of an answer. @throws when it ends before it says it does */
export async function bytesOf(answer: http.IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** The text of an answer. */
export async function textIn(answer: http.IncomingMessage): Promise<string> {
  return (await bytesOf(answer)).toString("utf8");
}

/** Reads an answer that holds nothing, so that its connection is free again. */
export async function headOf(answer: http.IncomingMessage): Promise<http.IncomingHttpHeaders> {
  await bytesOf(answer);
  return answer.headers;
}
