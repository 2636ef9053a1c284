import http from "node:http";
import https from "node:https";
import { textOf } from "./answer.ts";
import { limitedTo } from "./ending.ts";
import { retryAfterMs } from "./patience.ts";

/** One question by HTTP to a server that has certificates of its own. */
export interface Question {
  method: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer | undefined;
  /** By what the server is trusted, and what it is shown. Default: as every server of the web. */
  tls?: https.RequestOptions;
  /** How long the answer may take, in milliseconds. Default: as long as it does. */
  limitMs?: number;
  /** Breaks it off. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** How long the answer asks to wait before another try, in milliseconds. */
  retryAfterMs: number | undefined;
}

/**
 * Asks without `fetch`, which takes no authority of its own before Node 24, and no certificate to show. Redirects are answers.
 * @throws what the connection fails with; a TimeoutError for what is late; what the signal was aborted with
 */
export async function exchange(url: URL, question: Question): Promise<Answer> {
  const { limitMs, signal } = question;
  const ask = (ends: AbortSignal | undefined) => asked(url, question, ends);
  return limitMs === undefined ? ask(signal) : limitedTo(limitMs, signal, ask);
}

async function asked(
  url: URL,
  { method, headers = {}, body, tls = {} }: Question,
  ends: AbortSignal | undefined,
): Promise<Answer> {
  const isSecure = url.protocol === "https:";
  const { request } = isSecure ? https : http;
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const agent = isSecure ? tls.agent : undefined;
      const asked = request(url, { ...tls, agent, method, headers, signal: ends }, resolve);
      asked.on("error", reject);
      asked.end(body);
    });
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response.headersDistinct),
      text: await textOf(response as AsyncIterable<Buffer>),
      retryAfterMs: retryAfterMs(response.headers["retry-after"]),
    };
  } catch (error) {
    // A connection that is broken off says so in its own words.
    ends?.throwIfAborted();
    throw error;
  }
}

function headersOf(found: NodeJS.Dict<string[]>): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(found)) for (const value of values) headers.append(name, value);
  return headers;
}
