import { open, rm, stat } from "node:fs/promises";
import { patiently, retryAfterMs } from "../components/rest/patience.ts";

/** How long a download is given. Tests shorten it. */
export interface Patience {
  /** How often a request is repeated after 429, 5xx or a dropped connection. */
  retries: number;
  /** Milliseconds before the first repetition; each further wait is twice as long. */
  firstWaitMs: number;
  /** Milliseconds without an answer, or without further bytes of it, after which an attempt is given up. */
  silenceMs: number;
  /** Fewer bytes than these in `silenceMs` are silence too. Default: 1. */
  leastBytes?: number;
}

export const PATIENCE: Patience = { retries: 3, firstWaitMs: 500, silenceMs: 15_000 };

/** What a server that was reached answered. */
interface Head {
  /** 200 to 499, but never 429: those are repeated, then fail. */
  status: number;
  headers: Headers;
  /** Where the answer came from in the end, after redirects. */
  url: URL;
}

/** The answer of a server that was reached, whole. */
export interface Answer extends Head {
  /** Empty unless the status is 2xx. */
  body: Buffer;
}

export interface Request {
  /** For the host of the address alone; one that it redirects to gets none of them. */
  headers?: Record<string, string>;
  /** Bytes above which the answer is refused. */
  limit: number;
  patience: Patience;
  /** Called with the bytes received so far. */
  received?: (bytes: number) => void;
}

/** A server could not be reached, or could not be made to answer properly. The message names the host and the reason. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly transient: boolean;
  /** How long the server asks to wait before another try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    transient: boolean,
    { cause, retryAfterMs }: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, { cause });
    this.transient = transient;
    this.retryAfterMs = retryAfterMs;
  }
}

const REDIRECTS = 5;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Whether this is an https address without a login in it, or plain http that never leaves this machine. */
export function isTrustworthy(address: string | URL): boolean {
  if (!URL.canParse(String(address))) return false;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname));
}

/**
 * GETs `url`, follows redirects, and reads the answer. Repeats after 429, 5xx, a dropped connection and silence;
 * not where the host cannot be reached at all, which is said at once.
 * @throws HttpFailure
 */
export async function get(url: URL, request: Request): Promise<Answer> {
  return await repeated(request.patience, async () => {
    const chunks: Uint8Array[] = [];
    const memory: Sink = {
      write: (chunk) => void chunks.push(chunk),
      close: () => undefined,
    };
    const head = await attempt(url, request, { take: () => memory });
    return { ...head, body: Buffer.concat(chunks) };
  });
}

/**
 * GETs `url` into a file, with the redirects and repetitions of `get`. What the file holds already is kept when the server can go on from there:
 * an attempt that breaks off, also one of an earlier run, is not lost. Whether the bytes are the right ones is for the caller to see.
 * @returns the answer; the file is only touched when its status is 2xx
 * @throws HttpFailure; for a web page in place of a file too, before any of it is kept
 */
export async function download(url: URL, file: string, request: Request): Promise<Head> {
  return await repeated(request.patience, async () => {
    const here = await sizeOf(file);
    const head = await attempt(url, request, {
      from: here,
      take: async ({ status, headers, url: from }) => {
        if (isWebPage(headers)) throw new HttpFailure(`${from.host} sends a web page in place of a file`, false);
        const handle = await open(file, status === 206 ? "a" : "w");
        return { write: (chunk) => handle.appendFile(chunk), close: () => handle.close() };
      },
    });
    if (head.status !== 416) return head;
    // There is nothing after what we have: it is whole already, or not the beginning of this file.
    await rm(file, { force: true });
    throw new HttpFailure(`${head.url.host} cannot go on after ${here} bytes`, true);
  });
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function isWebPage(headers: Headers): boolean {
  return /^text\/html\b/i.test(headers.get("content-type") ?? "");
}

async function repeated<T>({ retries, firstWaitMs }: Patience, once: () => Promise<T>): Promise<T> {
  return await patiently(once, {
    attempts: retries + 1,
    firstPauseMs: firstWaitMs,
    mayPass: (error) => error instanceof HttpFailure && error.transient,
  });
}

/** Asks whether `url`'s host answers anything at all. Bounded by `withinMs`. Returns the reason why not in words. */
export async function unreachable(url: URL, withinMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(withinMs) });
    await response.body?.cancel();
    return undefined;
  } catch (error) {
    return failure(url, error, withinMs).message;
  }
}

/** What takes the bytes of a body. Not a stream: one that is destroyed loses what came last. */
interface Sink {
  write: (chunk: Uint8Array) => Promise<void> | void;
  close: () => Promise<void> | void;
}

/** Where the body of a 2xx answer goes. */
interface Destination {
  /** Bytes of it that are there already, which the server is asked to leave out. */
  from?: number;
  take: (head: Head) => Promise<Sink> | Sink;
}

/** Redirects are followed here and not by fetch, so that each host is trusted first and an error names the right one. */
async function attempt(url: URL, request: Request, destination: Destination): Promise<Head> {
  let at = url;
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    // A token is for the host that asked for it; object stores refuse requests that carry one.
    const head = await ask(at, at.origin === url.origin ? request.headers : {}, request, destination);
    const location = head.headers.get("location");
    if (head.status < 300 || head.status >= 400 || location === null) return head;
    const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
    if (!next || !isTrustworthy(next))
      throw new HttpFailure(`${at.host} redirects to ${next?.origin ?? "no address"}, which is not https`, false);
    at = next;
  }
  throw new HttpFailure(`${url.host} redirects more than ${REDIRECTS} times`, false);
}

async function ask(url: URL, headers: Request["headers"], request: Request, destination: Destination): Promise<Head> {
  const { silenceMs } = request.patience;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException("silence", "TimeoutError")), silenceMs);
  const { from = 0 } = destination;
  try {
    const response = await fetch(url, {
      // Identity: some servers label a .tgz as gzip-encoded, and fetch would unpack it before it can be verified.
      headers: { "accept-encoding": "identity", ...(from > 0 ? { range: `bytes=${from}-` } : {}), ...headers },
      redirect: "manual",
      signal: silence.signal,
    });
    const head = { status: response.status, headers: response.headers, url };
    if (response.status === 429 || response.status >= 500)
      throw new HttpFailure(`${url.host} answers ${response.status} ${response.statusText}`.trim(), true, {
        retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
      });
    if (response.ok) await read(response, head, request, destination, timer);
    return head;
  } catch (error) {
    throw error instanceof HttpFailure ? error : failure(url, error, silenceMs);
  } finally {
    clearTimeout(timer);
    // What is left of it: an answer that nobody reads keeps its connection.
    silence.abort();
  }
}

async function read(
  response: Response,
  head: Head,
  { limit, patience, received }: Request,
  { from = 0, take }: Destination,
  timer: NodeJS.Timeout,
): Promise<void> {
  const { leastBytes = 1 } = patience;
  let size = head.status === 206 ? from : 0;
  let since = 0;
  const sink = await take(head);
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      since += chunk.byteLength;
      if (size > limit)
        throw new HttpFailure(`${head.url.host} sends more than ${limit} bytes: too much for what was asked`, false);
      if (since >= leastBytes) {
        since = 0;
        timer.refresh();
      }
      await sink.write(chunk);
      received?.(size);
    }
  } finally {
    await sink.close();
  }
}

/** Failures that a repetition within seconds does not cure. */
const LASTING: Record<string, string> = {
  ENOTFOUND: "its name does not resolve",
  EAI_AGAIN: "names cannot be looked up: no DNS server answers",
  ECONNREFUSED: "it refuses the connection",
  ENETUNREACH: "there is no network that leads there",
  EHOSTUNREACH: "there is no route to it",
  ETIMEDOUT: "it does not answer a connection",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer a connection",
};
const CERTIFICATE = /^(CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

function failure(url: URL, error: unknown, silenceMs: number): HttpFailure {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return new HttpFailure(`${url.host} was silent for ${silenceMs / 1000} s`, true, { cause: error });
  const cause = error instanceof TypeError ? error.cause : undefined;
  // Only fetch's own errors carry a cause; anything else is a mistake of ours and must not look like the network's.
  if (!(cause instanceof Error)) throw error;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const refused = /^Proxy response \((\d+)\)/.exec(innermost(cause).message)?.[1];
  if (refused !== undefined)
    return new HttpFailure(`${url.host} cannot be reached: ${proxysWords(refused)}`, false, { cause: error });
  const lasting = LASTING[code];
  if (lasting)
    return new HttpFailure(`${url.host} cannot be reached${way(url, cause)}: ${lasting} (${code})`, false, {
      cause: error,
    });
  if (CERTIFICATE.test(code))
    return new HttpFailure(
      `${url.host} cannot be trusted: ${cause.message} (${code}). Behind a proxy that opens TLS, name its certificate in NODE_EXTRA_CA_CERTS`,
      false,
      { cause: error },
    );
  return new HttpFailure(`the connection to ${url.host} broke: ${cause.message || code}`, true, { cause: error });
}

/** What a proxy answers is wrapped once more than what a connection says. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

/** The proxy of HTTPS_PROXY, where it is that one which cannot be reached: the error tells who was looked for. */
function way(url: URL, cause: Error & { hostname?: string; port?: number }): string {
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const other = (cause.hostname ?? url.hostname) !== url.hostname || (cause.port ?? port) !== port;
  return other ? " through the proxy that HTTPS_PROXY names" : "";
}

/** A proxy that does not let one through says no more than a status. */
function proxysWords(status: string): string {
  const cure =
    status === "407"
      ? "it wants a user name and a password, which stand in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT"
      : "it does not let this machine there; name the host in NO_PROXY where it can be reached without";
  return `the proxy that HTTPS_PROXY names answers ${status}: ${cure}`;
}
