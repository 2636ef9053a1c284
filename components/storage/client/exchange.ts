import http from "node:http";
import https from "node:https";
import { rootCertificates } from "node:tls";

/** One question by HTTP. */
export interface Question {
  method: string;
  /** `https://192.0.2.30:9000`. */
  origin: string;
  /** With its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer;
  /** Certificates of a private authority, PEM, trusted besides the public ones. */
  ca?: string | undefined;
  /** Breaks it off. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** What speaks TLS with a server of that authority; undefined where the public ones are enough. */
export function agentFor(ca: string | undefined): https.Agent | undefined {
  return ca === undefined ? undefined : new https.Agent({ ca: [...rootCertificates, ca] });
}

/** Asks without `fetch`, which takes no authority of its own before Node 24. @throws what the connection fails with, or the signal was aborted with */
export function exchange({ method, origin, path, headers, body, ca, signal }: Question): Promise<Answer> {
  const { protocol } = new URL(origin);
  const { request } = protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      reject(signal?.aborted ? (signal.reason as Error) : error);
    };
    const asked = request(new URL(path, origin), { method, headers, agent: agentFor(ca), signal }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", failed);
      answer.on("end", () => {
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    asked.on("error", failed);
    asked.end(body);
  });
}
