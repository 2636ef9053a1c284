import { rootCertificates } from "node:tls";
import { textOf } from "./answer.ts";
import { limitedTo } from "./ending.ts";
import { exchange } from "./exchange.ts";
import { whyNoAnswer } from "./no-answer.ts";
import { retryAfterMs } from "./patience.ts";

/** What is asked of a REST system. */
export interface Call {
  method: string;
  headers: Readonly<Record<string, string>>;
  /** Sent as a form where these are search parameters, else as JSON. Default: nothing is. */
  body?: Readonly<Record<string, unknown>> | readonly unknown[] | URLSearchParams | undefined;
  /** How long the answer may take, in milliseconds. */
  limitMs: number;
  /** Breaks it off. Default: nothing does. */
  signal?: AbortSignal | undefined;
  /** Certificates of the server's private authority, PEM, trusted besides the public ones. Default: those are enough. */
  ca?: string | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** How long the server, or a proxy before it, asks to wait before another try, in milliseconds. */
  retryAfterMs: number | undefined;
}

/** No answer came, or none that is whole: nobody knows whether the call was done. The message says why. */
export class NoAnswer extends Error {}

/**
 * One call by `fetch`, and so by the proxies of the environment; a server of a private authority is asked without them. A redirect is an answer:
 * calls carry a password or a token, which is for the address that a person wrote.
 * @throws NoAnswer; what the signal was aborted with
 */
export async function call(url: string, { method, headers, body, limitMs, signal, ca }: Call): Promise<Answer> {
  const sent = body && (body instanceof URLSearchParams ? body : JSON.stringify(body));
  try {
    if (ca !== undefined) return await trusting(url, ca, { method, headers, sent, limitMs, signal });
    return await limitedTo(limitMs, signal, async (ends) => {
      const response = await fetch(url, {
        method,
        headers,
        ...(sent !== undefined && { body: sent }),
        signal: ends,
        redirect: "manual",
      });
      return {
        status: response.status,
        headers: response.headers,
        text: await textOf((response.body ?? []) as AsyncIterable<Uint8Array>),
        retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
      };
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw noAnswer(error, limitMs);
  }
}

interface Sent extends Pick<Call, "method" | "headers" | "limitMs" | "signal"> {
  sent: string | URLSearchParams | undefined;
}

/** `fetch` takes no authority of its own before Node 24. */
function trusting(url: string, ca: string, { headers, sent, ...call }: Sent): Promise<Answer> {
  const isForm = sent instanceof URLSearchParams;
  return exchange(new URL(url), {
    ...call,
    headers: { ...(isForm && { "Content-Type": "application/x-www-form-urlencoded" }), ...headers },
    body: sent?.toString(),
    tls: { ca: [...rootCertificates, ca] },
  });
}

/** What an answer holds. @throws NoAnswer where it broke off in the middle */
export function jsonOf({ text }: Pick<Answer, "text">): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw noAnswer(error, 0);
  }
}

const noAnswer = (error: unknown, limitMs: number) => new NoAnswer(whyNoAnswer(error, limitMs), { cause: error });
