import type * as https from "node:https";
import { isIP } from "node:net";
import type { KubeConfig } from "@kubernetes/client-node";
import { isLate } from "../rest/errors.ts";
import { exchange } from "../rest/exchange.ts";

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

  /** Whether the answer stayed away for as long as was waited for it. */
  get isLate(): boolean {
    return isLate(this.cause);
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
    return ask(url, options, request, ends);
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

async function ask(
  url: URL,
  options: https.RequestOptions,
  { method, body, headers, timeoutMs }: ApiRequest,
  ends: AbortSignal | undefined,
): Promise<ApiAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  try {
    return await exchange(url, {
      method,
      headers: {
        ...(options.headers as Record<string, string> | undefined),
        ...(text !== undefined && {
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(text)),
        }),
        ...headers,
      },
      body: text,
      tls: options,
      limitMs: timeoutMs,
      signal: ends,
    });
  } catch (error) {
    ends?.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    const why = isLate(error) ? `no answer within ${Math.round(timeoutMs / 1000)} s` : error.message;
    throw new Unreached(`the API server at ${url.origin} does not answer: ${why}`, {}, error);
  }
}
