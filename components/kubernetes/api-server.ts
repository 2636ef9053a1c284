import * as http from "node:http";
import * as https from "node:https";
import { isIP } from "node:net";
import type { KubeConfig } from "@kubernetes/client-node";
import { limitedTo } from "../rest/ending.ts";
import { retryAfterMs } from "../rest/patience.ts";

/** One request to the API server, or through it to a Service. */
export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its leading slash. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Milliseconds until the answer must be there. */
  timeoutMs: number;
}

export interface ApiAnswer {
  status: number;
  text: string;
  /** How long the answer asks to wait before another try, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/** Sends requests. */
export type Send = (request: ApiRequest) => Promise<ApiAnswer>;

/** The request did not come to where it should. The message says why. */
export class Unreached extends Error {
  override readonly name = "Unreached";
  /** Status of the API server's answer; undefined where there was none. */
  readonly status: number | undefined;
  /** How long the answer asks to wait before another try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, answer: Partial<ApiAnswer> = {}, cause?: unknown) {
    super(message, { cause });
    this.status = answer.status;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/**
 * Sends requests to the API server of a kubeconfig's current context.
 * @param ends breaks requests off, which then throw its reason. Default: nothing does.
 */
export function apiServer(config: KubeConfig, ends?: AbortSignal): Send {
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, "");
  return async (request) => {
    if (server === undefined) throw new Unreached("the kubeconfig names no cluster in its current context");
    const url = new URL(server + request.path);
    const options: https.RequestOptions = { servername: serverNameOf(url) };
    await config.applyToHTTPSOptions(options);
    return exchange(url, options, request, ends);
  };
}

/** Whose certificate it is. Node takes the header `Host` for it, which here may be that of a Service; for an address it wants none. */
function serverNameOf({ hostname }: URL): string {
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) > 0 ? "" : host;
}

/** A list, or what there is none for: the right of the kubeconfig's user to read it, or the kind in this cluster. */
export type Listed<T> = { items: T[] } | { lacks: "right" | "kind" };

/**
 * The items of a list.
 * @throws Unreached when the API server does not answer, or neither with a list nor with one of these two
 */
export async function listOf<T>(send: Send, path: string, timeoutMs: number): Promise<Listed<T>> {
  const { status, text } = await send({ method: "GET", path, timeoutMs });
  if (status === 403) return { lacks: "right" };
  if (status === 404) return { lacks: "kind" };
  if (status !== 200) throw new Unreached(`the API server answers ${status} to ${path}`, { status });
  return { items: (JSON.parse(text) as { items: T[] }).items };
}

function exchange(
  url: URL,
  options: https.RequestOptions,
  request: ApiRequest,
  ends: AbortSignal | undefined,
): Promise<ApiAnswer> {
  const { method, body, headers = {}, timeoutMs } = request;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const unreached = (error: Error) => {
      if (ends?.aborted) {
        reject(ends.reason as Error);
        return;
      }
      const late = error.name === "AbortError" || error.name === "TimeoutError";
      const why = late ? `no answer within ${Math.round(timeoutMs / 1000)} s` : error.message;
      reject(new Unreached(`the API server at ${url.origin} does not answer: ${why}`, {}, error));
    };
    const all = {
      ...options,
      method,
      headers: {
        ...(options.headers as Record<string, string> | undefined),
        ...(text !== undefined && {
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(text)),
        }),
        ...headers,
      },
      signal: limitedTo(timeoutMs, ends),
    };
    const onResponse = (response: http.IncomingMessage) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", unreached);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(parts).toString("utf8"),
          retryAfterMs: retryAfterMs(response.headers["retry-after"]),
        });
      });
    };
    const sent =
      url.protocol === "http:"
        ? http.request(url, { ...all, agent: undefined }, onResponse)
        : https.request(url, all, onResponse);
    sent.on("error", unreached);
    sent.end(text);
  });
}
