import pRetry from "p-retry";

/** How long a download is given. Tests shorten it. */
export interface Patience {
  /** How often a request is repeated after 429, 5xx or a dropped connection. */
  retries: number;
  /** Milliseconds before the first repetition; each further wait is twice as long. */
  firstWaitMs: number;
  /** Milliseconds without an answer, or without a further byte of it, after which an attempt is given up. */
  silenceMs: number;
}

export const PATIENCE: Patience = { retries: 3, firstWaitMs: 500, silenceMs: 15_000 };

/** The answer of a server that was reached, whole. */
export interface Answer {
  /** 200 to 499, but never 429: those are repeated, then fail. */
  status: number;
  headers: Headers;
  /** Empty unless the status is 2xx. */
  body: Buffer;
  /** Where the answer came from in the end, after redirects. */
  url: URL;
}

export interface Request {
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

  constructor(message: string, transient: boolean, cause?: unknown) {
    super(message, { cause });
    this.transient = transient;
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
  const { retries, firstWaitMs } = request.patience;
  return await pRetry(() => attempt(url, request), {
    retries,
    minTimeout: firstWaitMs,
    shouldRetry: ({ error }) => error instanceof HttpFailure && error.transient,
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

/** Redirects are followed here and not by fetch, so that each host is trusted first and an error names the right one. */
async function attempt(url: URL, request: Request): Promise<Answer> {
  let at = url;
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    // A token is for the host that asked for it; object stores refuse requests that carry one.
    const answer = await ask(at, at.origin === url.origin ? request.headers : {}, request);
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || location === null) return answer;
    const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
    if (!next || !isTrustworthy(next))
      throw new HttpFailure(`${at.host} redirects to ${next?.origin ?? "no address"}, which is not https`, false);
    at = next;
  }
  throw new HttpFailure(`${url.host} redirects more than ${REDIRECTS} times`, false);
}

async function ask(url: URL, headers: Request["headers"], request: Request): Promise<Answer> {
  const { silenceMs } = request.patience;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException("silence", "TimeoutError")), silenceMs);
  try {
    const response = await fetch(url, {
      // Identity: some servers label a .tgz as gzip-encoded, and fetch would unpack it before it can be verified.
      headers: { "accept-encoding": "identity", ...headers },
      redirect: "manual",
      signal: silence.signal,
    });
    const body = response.ok ? await read(response, request, url, () => timer.refresh()) : Buffer.alloc(0);
    if (!response.ok) await response.body?.cancel();
    if (response.status === 429 || response.status >= 500)
      throw new HttpFailure(`${url.host} answers ${response.status} ${response.statusText}`.trim(), true);
    return { status: response.status, headers: response.headers, body, url };
  } catch (error) {
    throw error instanceof HttpFailure ? error : failure(url, error, silenceMs);
  } finally {
    clearTimeout(timer);
  }
}

async function read(response: Response, request: Request, from: URL, alive: () => void): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    alive();
    size += chunk.byteLength;
    if (size > request.limit)
      throw new HttpFailure(`${from.host} sends more than ${request.limit} bytes: too much for what was asked`, false);
    chunks.push(chunk);
    request.received?.(size);
  }
  return Buffer.concat(chunks);
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
    return new HttpFailure(`${url.host} was silent for ${silenceMs / 1000} s`, true, error);
  const cause = error instanceof TypeError ? error.cause : undefined;
  // Only fetch's own errors carry a cause; anything else is a mistake of ours and must not look like the network's.
  if (!(cause instanceof Error)) throw error;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const refused = /^Proxy response \((\d+)\)/.exec(innermost(cause).message)?.[1];
  if (refused !== undefined)
    return new HttpFailure(`${url.host} cannot be reached: ${proxysWords(refused)}`, false, error);
  const lasting = LASTING[code];
  if (lasting)
    return new HttpFailure(`${url.host} cannot be reached${way(url, cause)}: ${lasting} (${code})`, false, error);
  if (CERTIFICATE.test(code))
    return new HttpFailure(
      `${url.host} cannot be trusted: ${cause.message} (${code}). Behind a proxy that opens TLS, name its certificate in NODE_EXTRA_CA_CERTS`,
      false,
      error,
    );
  return new HttpFailure(`the connection to ${url.host} broke: ${cause.message || code}`, true, error);
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
