import { request as ask, type IncomingMessage } from "node:http";
import { serve, type OwnServer } from "./own-server.ts";

/** What came to CVAT. */
export interface Came {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  status: number;
}

export interface Tap extends OwnServer {
  /** Everything that was answered since this was last called. */
  came(): Came[];
}

/** Stands before a server as the one in CVAT's pod does, passes everything on as it comes, and remembers what came. */
export async function startTap(to: number): Promise<Tap> {
  const seen: Came[] = [];
  const own = await serve((request, response) => {
    const { method = "", url: path = "", headers } = request;
    const onwards = ask({ host: "127.0.0.1", port: to, method, path, headers }, (answer) => {
      seen.push({ method, path, headers, status: answer.statusCode ?? 0 });
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onwards.on("error", () => response.writeHead(502).end());
    request.pipe(onwards);
  });
  return { ...own, came: () => seen.splice(0) };
}
