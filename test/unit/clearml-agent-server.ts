import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Server } from "../../automation/rehearsal/services/clearml/accounts.ts";
import { clearmlApi } from "../../automation/rehearsal/services/clearml/api.ts";
import { Queues, type Fields } from "../../automation/rehearsal/services/clearml/queues.ts";
import { hashedPassword } from "../../components/clearml/passwords.ts";
import type { Connection } from "../../components/clearml/client/connection.ts";

export const AGENT = { accessKey: "AGENTKEY", secretKey: "agentsecret" };
export const ANNA = { username: "anna", password: 'p"w#$5: ${x}' };

/** What goes wrong with a request, in the place of an answer or after it. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => "answered" | "answer, then drop";

/** Answers of the server beside those of the stand-in, by endpoint. */
export type MoreEndpoints = Readonly<Record<string, (fields: Fields, queues: Queues) => unknown>>;

/** The stand-in for ClearML's API in this process, with accounts of the test's and faults on demand. */
export interface TestServer {
  url: string;
  connection: Connection;
  /** What the API server is told; undefined while it does not run. */
  accounts: { now: Server | undefined };
  /** Endpoints that were asked, in order. */
  asked: string[];
  /** Faults of the next requests by endpoint; a list is used up one by one. */
  faults: Record<string, Fault[]>;
  end(): Promise<void>;
}

export async function startServer(more: MoreEndpoints = {}): Promise<TestServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "clearml-stand-in-"));
  const accounts: TestServer["accounts"] = {
    now: {
      pairs: [
        {
          id: "__services_agent__",
          name: "services_agent",
          role: "admin",
          key: AGENT.accessKey,
          secret: AGENT.secretKey,
        },
      ],
      users: [
        {
          id: "a1",
          name: "Anna",
          role: "user",
          username: ANNA.username,
          password: hashedPassword(ANNA.password, "a".repeat(21)),
        },
      ],
      tokenSecret: "signs tokens",
    },
  };
  const asked: string[] = [];
  const faults: TestServer["faults"] = {};
  const queues = new Queues(folder);
  const api = clearmlApi(queues, () => Promise.resolve(accounts.now));
  const server = createServer((request, response) => {
    const endpoint = /[a-z_]+\.[a-z_]+/.exec(request.url ?? "")?.[0] ?? "";
    asked.push(endpoint);
    const fault = faults[endpoint]?.shift()?.(request, response);
    if (fault === "answered") return;
    if (fault === "answer, then drop") response.end = () => response.destroy();
    const own = more[endpoint];
    if (own)
      answer(request, response, (fields) => own(fields, queues)).catch((error: unknown) => {
        // A program that a test ends is sometimes in the middle of a request.
        if (request.complete) throw error;
      });
    else api(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    connection: { endpoint: url, ...AGENT, patienceMs: 2_000, callMs: 20_000 },
    accounts,
    asked,
    faults,
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As the server answers who is signed in. */
async function answer(request: IncomingMessage, response: ServerResponse, call: (fields: Fields) => unknown) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const fields = text.startsWith("{") ? (JSON.parse(text) as Fields) : {};
  const meta = { id: "1", trx: "1", endpoint: {}, result_code: 200, result_subcode: 0, result_msg: "OK" };
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ meta, data: call(fields) }));
}

export const busy: Fault = (_request, response) => {
  response.writeHead(503).end("busy");
  return "answered";
};
/** A proxy before the server that asks to come again later: the call was not done. */
export const turnedAway: Fault = (_request, response) => {
  response.writeHead(429, { "Retry-After": "1" }).end("slow down");
  return "answered";
};
export const failing: Fault = (_request, response) => {
  response.writeHead(500).end("oh no");
  return "answered";
};
export const dropped: Fault = (request) => {
  request.socket.destroy();
  return "answered";
};
export const hanging: Fault = () => "answered";
export const doneButDropped: Fault = () => "answer, then drop";
