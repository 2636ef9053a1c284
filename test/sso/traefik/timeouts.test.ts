import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import type { Writable } from "node:stream";
import { afterAll, beforeAll, describe, it } from "vitest";
import { SIGNED_IN, startBackends, type Backends } from "../../fixtures/edge/backends.ts";
import { HOST, signInEdge } from "../../fixtures/edge/lab.ts";
import { LIVE, startEcho } from "../servers/echo.ts";
import type { OwnServer } from "../servers/own-server.ts";
import { startUploads } from "../servers/uploads.ts";
import { startTraefik, type EdgeOptions, type RunningEdge } from "./edge.ts";

let backends: Backends;
let uploads: OwnServer;
let grafana: OwnServer;
beforeAll(async () => {
  backends = await startBackends();
  uploads = await startUploads();
  grafana = await startEcho(LIVE);
});
afterAll(async () => {
  await uploads.close();
  await grafana.close();
  await backends.close();
});

const PAUSE_MS = 250;

/** Writes a byte after the other for some seconds. */
function drip(body: Writable, seconds: number): void {
  let left = (seconds * 1000) / PAUSE_MS;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0 && !body.destroyed) return void body.write("x");
    clearInterval(timer);
    body.end("x");
  }, PAUSE_MS);
}

const outcomeOf = (status: number | undefined, text: string): number | string =>
  status === 200 ? (JSON.parse(text) as { bytes: number }).bytes : `answered ${status}`;

/** Uploads a byte after the other for some seconds; comes to how many arrived, or to what it ended in. */
function slowly(edge: RunningEdge, seconds: number): Promise<number | string> {
  return new Promise((resolve) => {
    const calling = request(
      {
        ...{ host: "127.0.0.1", port: edge.https, servername: HOST, rejectUnauthorized: false },
        ...{ method: "PATCH", path: "/api/tasks/1/data/1_part", headers: { Host: HOST, Cookie: SIGNED_IN } },
      },
      (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        answer.on("end", () => resolve(outcomeOf(answer.statusCode, text)));
      },
    );
    calling.on("error", () => resolve("cut"));
    drip(calling, seconds);
  });
}

/** The same by HTTP/2, which browsers speak. */
function slowlyByHttp2(edge: RunningEdge, seconds: number): Promise<number | string> {
  return new Promise((resolve) => {
    const session = connectHttp2(`https://127.0.0.1:${edge.https}`, { rejectUnauthorized: false, servername: HOST });
    const path = "/api/tasks/1/data/1_part";
    const stream = session.request({ ":authority": HOST, ":method": "PATCH", ":path": path, cookie: SIGNED_IN });
    let text = "";
    let answered = 0;
    stream.on("response", ({ ":status": status }) => (answered = status ?? 0));
    stream.on("data", (chunk: Buffer) => (text += chunk.toString())).on("error", () => resolve("cut"));
    stream.on("close", () => {
      session.close();
      resolve(outcomeOf(answered, text));
    });
    drip(stream, seconds);
  });
}

/** A call whose answer begins after some seconds; comes to its status, or to what it ended in. */
function late(edge: RunningEdge, seconds: number): Promise<number | string> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port: edge.https, servername: HOST, rejectUnauthorized: false };
    request({ ...options, path: `/api/jobs?late=${seconds}`, headers: { Host: HOST, Cookie: SIGNED_IN } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on("error", () => resolve("cut"))
      .end();
  });
}

/** The same by HTTP/2. */
function lateByHttp2(edge: RunningEdge, seconds: number): Promise<number | string> {
  return new Promise((resolve) => {
    const session = connectHttp2(`https://127.0.0.1:${edge.https}`, { rejectUnauthorized: false, servername: HOST });
    const stream = session.request({ ":authority": HOST, ":path": `/api/jobs?late=${seconds}`, cookie: SIGNED_IN });
    const done = (what: number | string) => {
      session.close();
      resolve(what);
    };
    stream.on("response", ({ ":status": status }) => done(status ?? 0)).on("error", () => done("cut"));
    stream.on("end", () => done("cut"));
    stream.resume().end();
  });
}

async function withEdge<T>(
  { ingress = {}, transport }: { ingress?: Record<string, unknown>; transport?: EdgeOptions["transport"] },
  use: (edge: RunningEdge) => Promise<T>,
): Promise<T> {
  const ports = { ...backends.ports, "cvat-backend-service": uploads.port, "cvat-grafana": grafana.port };
  const edge = await startTraefik(
    signInEdge({ ingress, cvat: { analytics: { enabled: true } } }).objects,
    ports,
    transport && { transport },
  );
  try {
    return await use(edge);
  } finally {
    await edge.close();
  }
}

/** A connection that is taken over stays as it is for some seconds; comes to what is heard on it then. */
function quietly(edge: RunningEdge, seconds: number): Promise<string> {
  return new Promise((resolve) => {
    const headers = { Host: HOST, Cookie: SIGNED_IN, Connection: "Upgrade", Upgrade: "websocket" };
    const key = { "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": Buffer.alloc(16, 7).toString("base64") };
    const options = { host: "127.0.0.1", port: edge.https, servername: HOST, rejectUnauthorized: false };
    request({ ...options, path: LIVE, headers: { ...headers, ...key } })
      .on("upgrade", (_, socket) => {
        socket.on("data", (frame: Buffer) => {
          resolve(frame.subarray(2).toString());
          socket.destroy();
        });
        socket.on("close", () => resolve("cut"));
        // A text of five letters, under a mask of zeros.
        setTimeout(
          () => socket.write(Buffer.concat([Buffer.from([0x81, 0x85, 0, 0, 0, 0]), Buffer.from("hello")])),
          seconds * 1000,
        );
      })
      .on("response", ({ statusCode }) => resolve(`answered ${statusCode}`))
      .on("error", () => resolve("cut"))
      .end();
  });
}

/** Longer than a minute, which is Traefik's own limit for reading a request, and nginx's for much. */
const LONG_S = 66;

describe("by the clock", { timeout: 300_000, concurrent: true }, () => {
  it("Traefik's own settings cut an upload of more than a minute, and nothing else that takes long", async ({
    expect,
  }) => {
    await withEdge({}, async (edge) => {
      const [upload, byHttp2, ...others] = await Promise.all([
        slowly(edge, LONG_S),
        slowlyByHttp2(edge, LONG_S),
        slowly(edge, LONG_S / 2),
        late(edge, LONG_S),
        lateByHttp2(edge, LONG_S),
        quietly(edge, LONG_S),
      ]);
      // It depends on who notices first.
      for (const what of [upload, byHttp2]) expect(what).toMatch(/^(cut|answered (499|504))$/);
      expect(others).toEqual([LONG_S * 2, 200, 200, "HELLO"]);
    });
  });

  it("with a read timeout of 20 minutes, as docs/sign-in.md has it, all of it arrives", async ({ expect }) => {
    await withEdge({ transport: { respondingTimeouts: { readTimeout: "20m" } } }, async (edge) => {
      const all = [slowly(edge, LONG_S), slowlyByHttp2(edge, LONG_S), late(edge, LONG_S)];
      expect(await Promise.all(all)).toEqual([LONG_S * 4, LONG_S * 4, 200]);
    });
  });

  it("`responseTimeout` is about the answer alone: an upload may take longer", async ({ expect }) => {
    await withEdge({ ingress: { responseTimeout: "3s" } }, async (edge) => {
      const all = [slowly(edge, 8), late(edge, 1), late(edge, 8), lateByHttp2(edge, 8)];
      expect(await Promise.all(all)).toEqual([32, 200, 504, 504]);
    });
  });
});
