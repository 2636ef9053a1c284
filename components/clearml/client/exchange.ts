import { limitedTo } from "../../rest/ending.ts";
import { whyNoAnswer } from "../../rest/no-answer.ts";
import { retryAfterMs } from "../../rest/patience.ts";
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

const LONGEST_DETAIL = 500;

/**
 * One call and the data of its answer.
 * @throws ClearmlError for every answer but a success, and for none; what the signal was aborted with
 */
export async function exchange(
  server: string,
  { endpoint, body = {}, authorization, limitMs, signal }: Call,
): Promise<unknown> {
  try {
    const response = await fetch(`${server.replace(/\/+$/, "")}/${endpoint}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(authorization && { Authorization: authorization }) },
      body: JSON.stringify(body),
      signal: limitedTo(limitMs, signal),
      redirect: "manual",
    });
    return dataOf(endpoint, response, await response.text());
  } catch (error) {
    if (error instanceof ClearmlError) throw error;
    signal?.throwIfAborted();
    throw new ClearmlError(`${endpoint} at ${server}`, whyNoAnswer(error, limitMs), { cause: error });
  }
}

function dataOf(endpoint: string, { status, headers }: Response, text: string): unknown {
  const asked = { retryAfterMs: retryAfterMs(headers.get("retry-after")) };
  const envelope = envelopeIn(text);
  if (envelope?.meta === undefined) {
    throw new ClearmlError(
      endpoint,
      "it is no answer of ClearML's API; is the address the API's, not the web server's?",
      { status, ...asked },
    );
  }
  const { result_code = status, result_subcode, result_msg } = envelope.meta;
  if (status >= 200 && status < 300 && result_code < 300) return envelope.data ?? {};
  throw new ClearmlError(endpoint, shortened(result_msg ?? "it says nothing more"), {
    status: result_code,
    subcode: result_subcode,
    ...asked,
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

const shortened = (text: string) => (text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL)}…` : text);
