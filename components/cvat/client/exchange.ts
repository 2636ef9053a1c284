import { call as send, jsonOf, NoAnswer, type Answer } from "../../rest/call.ts";
import { authorizationOf } from "./authorization.ts";
import { CvatError, readableBody } from "./errors.ts";

/** What is asked of CVAT. */
export interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/api/`, without a slash at either end: with one at the end CVAT answers 404. (cvat-rest-measured.md 0.3) */
  path: string;
  query?: Readonly<Record<string, string | number>>;
  /** Slug of the organization it is about; "" is one's own space. Left out: all of them. (2.5) */
  organization?: string;
  body?: Readonly<Record<string, unknown>>;
  /** How long the answer may take, in milliseconds. */
  limitMs: number;
  /** Breaks it off. Default: nothing does. */
  signal?: AbortSignal | undefined;
  token?: string;
}

/** CVAT refuses `application/json` in Accept, and anything else as the body's type. (cvat-rest-measured.md 0.1, 0.2) */
export const ACCEPT = "application/vnd.cvat+json; version=2.0";
const SECRET_FIELDS = ["password", "key", "secret_key"];

/**
 * One call and its answer; undefined where CVAT answers with nothing. Cookies are not kept: with a session's, CVAT asks for a CSRF token. (1.5)
 * @throws CvatError for every answer but a success, and for none; what the signal was aborted with
 */
export async function exchange(endpoint: string, call: Call): Promise<unknown> {
  const { method, path, query = {}, organization, body, limitMs, signal, token } = call;
  const parameters = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const url = `${endpoint.replace(/\/+$/, "")}/api/${path}${parameters.size > 0 ? `?${parameters.toString()}` : ""}`;
  const name = `${method} /api/${path}`;
  try {
    const answer = await send(url, {
      method,
      headers: {
        Accept: ACCEPT,
        ...(token !== undefined && { Authorization: authorizationOf(token) }),
        ...(organization !== undefined && { "X-Organization": organization }),
        ...(body && { "Content-Type": "application/json" }),
      },
      body,
      limitMs,
      signal,
    });
    return contentOf(name, answer, body);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw new CvatError(`${name} at ${endpoint}`, error.message, { cause: error.cause });
  }
}

function contentOf(name: string, answer: Answer, body: Call["body"]): unknown {
  const { status, headers, text, retryAfterMs } = answer;
  const type = headers.get("content-type") ?? "";
  if (status >= 200 && status < 300) {
    if (text === "") return undefined;
    if (type.includes("json")) return jsonOf(answer);
    throw new CvatError(name, "it is no answer of CVAT's API; is the address right?", { status });
  }
  const elsewhere = headers.get("location");
  if (elsewhere !== null)
    throw new CvatError(name, `it sends us to ${elsewhere}; set vision-platform:cvat.endpoint to where CVAT is`, {
      status,
    });
  throw new CvatError(name, masked(readableBody(type, text), body), { status, retryAfterMs });
}

/** What was sent as a secret is not said again. */
function masked(text: string, body: Call["body"] = {}): string {
  return SECRET_FIELDS.map((field) => body[field])
    .filter((value) => typeof value === "string" && value !== "")
    .reduce((line: string, secret) => line.replaceAll(secret as string, "***"), text);
}
