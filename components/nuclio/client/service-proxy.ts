import * as http from "node:http";
import * as https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";

/** One request to a Service. */
export interface ServiceRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its leading slash. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Milliseconds until the answer must be there. */
  timeoutMs: number;
}

export interface ServiceAnswer {
  status: number;
  text: string;
}

/** Sends requests to one Service. */
export type Send = (request: ServiceRequest) => Promise<ServiceAnswer>;

export interface ServiceName {
  namespace: string;
  service: string;
  port: number;
}

/** The request did not come to the Service. The message says why. */
export class Unreached extends Error {
  override readonly name = "Unreached";
  /** Status of the API server's answer; undefined where there was none. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/**
 * Reaches a Service through the API server's proxy, with the rights of the kubeconfig: the Service needs no address, and nobody else gets
 * to it. What the API server says itself (no such Service, no pod behind it, forbidden) is thrown as `Unreached`.
 */
export function serviceProxy(config: KubeConfig, { namespace, service, port }: ServiceName): Send {
  const send = apiServer(config);
  return async (request) => {
    const path = `/api/v1/namespaces/${namespace}/services/${service}:${port}/proxy${request.path}`;
    const answer = await send({ ...request, path });
    const own = ownWords(answer);
    if (own !== undefined) throw new Unreached(own, answer.status);
    return answer;
  };
}

/** Sends requests to the API server of a kubeconfig's current context. */
export function apiServer(config: KubeConfig): Send {
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, "");
  return async (request) => {
    if (server === undefined) throw new Unreached("the kubeconfig names no cluster in its current context");
    const options: https.RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return exchange(new URL(server + request.path), options, request);
  };
}

function exchange(url: URL, options: https.RequestOptions, request: ServiceRequest): Promise<ServiceAnswer> {
  const { method, body, headers = {}, timeoutMs } = request;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const unreached = (error: Error) => {
      const late = error.name === "AbortError" || error.name === "TimeoutError";
      const why = late ? `no answer within ${Math.round(timeoutMs / 1000)} s` : error.message;
      reject(new Unreached(`the API server at ${url.origin} does not answer: ${why}`, undefined, error));
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
      signal: AbortSignal.timeout(timeoutMs),
    };
    const onResponse = (response: http.IncomingMessage) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", unreached);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") });
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

/** What the API server itself says: a Status object, or a line of text where it could not connect. */
function ownWords({ status, text }: ServiceAnswer): string | undefined {
  if (status < 400) return undefined;
  if (/^error trying to reach service/.test(text)) return text.trim();
  try {
    const body = JSON.parse(text) as { kind?: string; apiVersion?: string; message?: string };
    return body.kind === "Status" && body.apiVersion === "v1" ? (body.message ?? `status ${status}`) : undefined;
  } catch {
    return undefined;
  }
}
