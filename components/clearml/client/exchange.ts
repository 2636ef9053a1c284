import { call, NoAnswer, type Answer } from "../../rest/call.ts";
import { shortened } from "../../rest/errors.ts";
import { ClearmlError } from "./errors.ts";

/** What is asked of ClearML. */
export interface Call {
  /** `queues.get_all`. Without a version in the path the newest is taken. (clearml.md 1.11) */
  endpoint: string;
  body?: Readonly<Record<string, unknown>>;
  /** Value of the header Authorization. */
  authorization?: string;
  /** How long the answer may take, in milliseconds. */
  limitMs: number;
  /** Breaks it off. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

/** Around every answer of ClearML's API, good or bad. */
interface Envelope {
  meta?: { result_code?: number; result_subcode?: number; result_msg?: string };
  data?: unknown;
}

/**
 * One call and the data of its answer.
 * @throws ClearmlError for every answer but a success, and for none; what the signal was aborted with
 */
export async function exchange(
  server: string,
  { endpoint, body = {}, authorization, limitMs, signal }: Call,
): Promise<unknown> {
  try {
    const answer = await call(`${server.replace(/\/+$/, "")}/${endpoint}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(authorization && { Authorization: authorization }) },
      body,
      limitMs,
      signal,
    });
    return dataOf(endpoint, answer);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw new ClearmlError(`${endpoint} at ${server}`, error.message, { cause: error.cause });
  }
}

function dataOf(endpoint: string, { status, text, retryAfterMs }: Answer): unknown {
  const envelope = envelopeIn(text);
  if (envelope?.meta === undefined) {
    throw new ClearmlError(
      endpoint,
      "it is no answer of ClearML's API; is the address the API's, not the web server's?",
      { status, retryAfterMs },
    );
  }
  const { result_code = status, result_subcode, result_msg } = envelope.meta;
  if (status >= 200 && status < 300 && result_code < 300) return envelope.data ?? {};
  throw new ClearmlError(endpoint, shortened(result_msg ?? "it says nothing more"), {
    status: result_code,
    subcode: result_subcode,
    retryAfterMs,
  });
}

function envelopeIn(text: string): Envelope | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined; // A page of the web server, or of a proxy in between.
  }
}
