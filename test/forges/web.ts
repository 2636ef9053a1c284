import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a stand-in answers. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** As JSON; a buffer: as it is; undefined: nothing. */
  body?: unknown;
}

export interface Asked {
  method: string;
  url: URL;
  headers: IncomingMessage["headers"];
  /** Of JSON; empty for anything else. */
  body: Record<string, unknown>;
  bytes: Buffer;
}

/** What goes wrong with one request: instead of its answer, or after it was done. `drop`: the connection breaks. */
export type Fault = { when: "before" | "after"; reply: Reply | "drop" };

/** A server of HTTP in this process. */
export interface WebServer {
  url: string;
  /** `GET /path?query` of each request, in order. */
  asked: string[];
  /** All that came in as headers, for what must not be there. */
  headers: IncomingMessage["headers"][];
  /** Faults by method and end of the path, `POST /comments`; each list is used up one by one. */
  faults: Record<string, Fault[]>;
  end(): Promise<void>;
}

/** @param pause what each request waits for first and last, so that several mix as they do on a network */
export async function startWeb(
  answer: (asked: Asked) => Reply,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<WebServer> {
  const asked: WebServer["asked"] = [];
  const headers: WebServer["headers"] = [];
  const faults: WebServer["faults"] = {};
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const url = new URL(request.url ?? "/", "http://stand-in");
      const method = request.method ?? "";
      asked.push(`${method} ${url.pathname}${url.search}`);
      headers.push(request.headers);
      await pause();
      const name = Object.keys(faults).find((key) => `${method} ${url.pathname}`.match(new RegExp(key)));
      const fault = name === undefined ? undefined : faults[name]?.shift();
      const bytes = Buffer.concat(parts);
      const isJson = bytes.length > 0 && request.headers["content-type"]?.startsWith("application/json");
      const body = isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {};
      const done =
        fault?.when === "before" ? undefined : answer({ method, url, headers: request.headers, body, bytes });
      await pause();
      const reply = fault?.reply ?? done;
      if (reply === "drop" || reply === undefined) return void request.socket.destroy();
      const isFile = reply.body instanceof Buffer;
      const type = reply.body === undefined || isFile ? {} : { "content-type": "application/json; charset=utf-8" };
      response.writeHead(reply.status, { ...type, ...reply.headers });
      response.end(reply.body === undefined || isFile ? reply.body : JSON.stringify(reply.body));
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    headers,
    faults,
    end: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
