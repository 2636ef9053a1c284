import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { pageTitle, textOf } from "../../components/rest/answer.ts";
import { call, jsonOf, NoAnswer } from "../../components/rest/call.ts";
import { isLate, RestError, shortened } from "../../components/rest/errors.ts";
import { exchange } from "../../components/rest/exchange.ts";
import { mayPass } from "../../components/rest/may-pass.ts";
import { signedIn, tokenOf, type Session } from "../../components/rest/session.ts";

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const silent: RequestListener = (_, response) => response.writeHead(200).write("begun");
const ended = () => {
  const ends = new AbortController();
  setTimeout(() => {
    ends.abort(new Error("The run was ended."));
  }, 50);
  return ends.signal;
};

describe.each([
  [
    "by fetch",
    (url: string, limitMs: number, signal?: AbortSignal) => call(url, { method: "GET", headers: {}, limitMs, signal }),
  ],
  [
    "with certificates of its own",
    (url: string, limitMs: number, signal?: AbortSignal) => exchange(new URL(url), { method: "GET", limitMs, signal }),
  ],
])("a call %s", (_, ask) => {
  it("gives status, text and how long the server asks to wait", async () => {
    const url = await serving((_request, response) => response.writeHead(429, { "retry-after": "3" }).end("später"));
    expect(await ask(url, 5_000)).toMatchObject({ status: 429, text: "später", retryAfterMs: 3_000 });
  });

  it("follows no redirect", async () => {
    const asked: (string | undefined)[] = [];
    const url = await serving((request, response) => {
      asked.push(request.url);
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(await ask(url, 5_000)).toMatchObject({ status: 302 });
    expect(asked).toEqual(["/"]);
  });

  it("ends with its limit, in the middle of an answer too", async () => {
    const late = await ask(await serving(silent), 50).catch((error: unknown) => error as Error);
    expect([isLate(late), isLate((late as Error).cause)]).toContain(true);
  });

  it("ends with the run, and throws why that ended", async () => {
    await expect(ask(await serving(silent), 60_000, ended())).rejects.toThrow(/^The run was ended\.$/);
  });
});

it("a call says why no answer came", async () => {
  const url = await serving(silent);
  const refused = call("http://127.0.0.1:1", { method: "GET", headers: {}, limitMs: 1_000 });
  await expect(refused).rejects.toThrow(/^no answer \((ECONNREFUSED|bad port)\)$/);
  const late = call(url, { method: "GET", headers: {}, limitMs: 50 });
  await expect(late).rejects.toThrow(new NoAnswer("no answer within 0.05 s"));
  expect(() => jsonOf({ text: '{"half' })).toThrow(NoAnswer);
});

describe("the text of an answer", () => {
  const parts = [Buffer.from("spä").subarray(0, 3), Buffer.from("spä").subarray(3), Buffer.from("ter")];

  it("is whole, wherever it was cut", async () => {
    expect(await textOf(parts)).toBe("später");
  });

  it("is refused as soon as it is too long", async () => {
    let read = 0;
    function* endless() {
      for (;;) yield Buffer.alloc(++read && 10);
    }
    await expect(textOf(endless(), 25)).rejects.toThrow("it sends more than 25 bytes");
    expect(read).toBe(3);
  });
});

it.each([
  ["<!DOCTYPE html><html><title> Bad Gateway\n</title>", "Bad Gateway"],
  ["  <html><body>", ""],
  ['{"title": "<html>"}', undefined],
  ["<Error><Code>no</Code></Error>", undefined],
])("%j is a page called %j", (text, title) => {
  expect(pageTitle(text)).toBe(title);
});

describe("whether a call may be sent again", () => {
  const look = { repeatable: true, changesNothing: true };
  const change = { repeatable: true, changesNothing: false };
  const creation = { repeatable: false, changesNothing: false };

  it.each([
    ["a look that the server is too busy for", 503, look, true],
    ["a change that the server is too busy for", 502, change, true],
    ["a creation that the server is too busy for", 504, creation, false],
    ["a creation that was turned away unread", 429, creation, true],
    ["a look that the server fails on", 500, look, true],
    ["a change that the server fails on", 500, change, false],
    ["what is refused", 403, look, false],
    ["what was done", 200, look, false],
    ["a look without an answer", undefined, look, true],
    ["a creation without an answer", undefined, creation, false],
  ])("%s", (_, status, sent, expected) => {
    expect(mayPass({ status, isLate: false }, sent, 1)).toBe(expected);
  });

  it("not what had its time, and not what fails twice", () => {
    expect(mayPass({ status: undefined, isLate: true }, look, 1)).toBe(false);
    expect(mayPass({ status: 500, isLate: false }, look, 2)).toBe(false);
  });
});

describe("the error of a call", () => {
  it("is a sentence, with the system where it answered", () => {
    const answered = new RestError("CVAT", "GET /api/users", "it is busy", { status: 503, retryAfterMs: 10 });
    expect(answered).toMatchObject({
      message: "CVAT answers 503 to GET /api/users: it is busy",
      detail: "it is busy",
      retryAfterMs: 10,
      maybeDone: true,
      isLate: false,
    });
    const cause = new DOMException("", "TimeoutError");
    const none = new RestError("CVAT", "GET /api/users at http://cvat.example", "no answer within 1 s", { cause });
    expect(none).toMatchObject({
      message: "GET /api/users at http://cvat.example: no answer within 1 s",
      maybeDone: true,
      isLate: true,
    });
    expect(new RestError("CVAT", "POST /api/users", "no", { status: 400 }).maybeDone).toBe(false);
  });

  it("says no more than a person reads", () => {
    expect(shortened("a".repeat(500))).toHaveLength(500);
    expect(shortened("a".repeat(501))).toBe(`${"a".repeat(500)}…`);
  });
});

describe("who is signed in", () => {
  /** An account whose tokens are `1`, `2`, ... of which one alone is known. */
  function account(known: string) {
    const session: Session = {};
    let signIns = 0;
    const signIn = () => Promise.resolve(String(++signIns));
    const send = (token: string) => (token === known ? Promise.resolve("done") : Promise.reject(new Error("unknown")));
    const ask = () => signedIn(session, signIn, send, (error) => (error as Error).message === "unknown");
    return { session, ask, count: () => signIns };
  }

  it("signs in once for all calls", async () => {
    const { ask, count } = account("1");
    expect(await Promise.all([ask(), ask()])).toEqual(["done", "done"]);
    expect(await ask()).toBe("done");
    expect(count()).toBe(1);
  });

  it("signs in once more, for all calls, when the token is refused", async () => {
    const { ask, count } = account("2");
    expect(await Promise.all([ask(), ask()])).toEqual(["done", "done"]);
    expect(count()).toBe(2);
  });

  it("does not sign in for ever, nor for another error", async () => {
    const { ask, count } = account("none");
    await expect(ask()).rejects.toThrow("unknown");
    expect(count()).toBe(2);
    const busy = signedIn(
      {},
      () => Promise.resolve("1"),
      () => Promise.reject(new Error("busy")),
      () => false,
    );
    await expect(busy).rejects.toThrow("busy");
  });

  it("forgets a sign-in that failed", async () => {
    const session: Session = {};
    await expect(tokenOf(session, () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect(await tokenOf(session, () => Promise.resolve("1"))).toBe("1");
  });
});
