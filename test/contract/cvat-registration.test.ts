import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { ask, type Heard, type Patience } from "../../components/cvat/registration/ask.ts";
import { proveClosed, type Ways } from "../../components/cvat/registration/prove.ts";
import { QUESTIONS, verdictOf } from "../../components/cvat/registration/questions.ts";
import { throughEdge } from "../../components/cvat/registration/ways.ts";
import recorded from "../fixtures/cvat/anonymous-2.64.json" with { type: "json" };
import { closed } from "../fixtures/cvat/s3.ts";
import { startCvat } from "../fixtures/cvat/stand-in.ts";

const DJANGO = path.resolve(import.meta.dirname, "../python/cvat-registration");
const IMPATIENT: Patience = { attempts: 3, pauseMs: 1, boundMs: 2_000 };
const PATHS = [...new Set(QUESTIONS.map((question) => question.path))];
const NOBODY = { status: 401, text: '{"detail":"Authentication credentials were not provided."}' };

/** What must be given back at the end of a test. */
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => closed(server));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function standIn(registration: "open" | "closed", anonymousCalls?: number) {
  const cvat = await startCvat({ registration, ...(anonymousCalls !== undefined && { anonymousCalls }) });
  ends.push(() => cvat.end());
  return cvat;
}

/** Both ways lead to the same CVAT. */
const waysTo = (url: string): Ways => ({
  edge: { name: "through the edge", send: throughEdge(url) },
  direct: { name: "directly", send: throughEdge(url) },
});

describe("the settings module, in a real Django with CVAT's dj-rest-auth", { timeout: 300_000 }, () => {
  interface Answers {
    asked: Record<string, Heard>;
    byStrangers: Record<string, number>;
    accounts: number;
    reset: number;
    mails: number;
    byAdministrator: number;
    change: number;
    changeByStrangers: number;
  }

  async function answers(module: string): Promise<Answers> {
    const python = await pythonEnvironment(path.join(DJANGO, "requirements.txt"), { progress: silentProgress });
    const env = { DJANGO_SETTINGS_MODULE: module, PYTHONDONTWRITEBYTECODE: "1" };
    const { stdout } = await execa(python, ["answers.py"], { cwd: DJANGO, env, input: JSON.stringify(PATHS) });
    return JSON.parse(stdout) as Answers;
  }

  it("closes what CVAT's own settings leave open, in every spelling that is asked", async () => {
    const own = await answers("cvat.settings.production");
    expect(Object.values(own.asked).map(verdictOf)).toEqual(PATHS.map(() => "open"));
    expect(own).toMatchObject({ accounts: 1, reset: 200, mails: 1, changeByStrangers: 401 });

    const ours = await answers("cvat.settings.vision_platform");
    expect(Object.values(ours.asked).map(verdictOf)).toEqual(PATHS.map(() => "closed"));
    expect([...new Set(Object.values(ours.byStrangers))]).toEqual([401]);
    expect(ours).toMatchObject({ accounts: 0, reset: 403, mails: 0, changeByStrangers: 401 });
    // What must go on working: signing in, an administrator who makes accounts, and one's own password.
    expect(ours).toMatchObject({ byAdministrator: own.byAdministrator, change: own.change });
    expect(ours.byAdministrator).toBeLessThan(300);
  });
});

describe("an answer", () => {
  it.each<[string, number, string, string]>([
    ["a page that wants fields", 400, '{"username":["This field is required."]}', "open"],
    ["a page that wants one field beside a sentence", 400, '{"detail":"x","email":["required"]}', "open"],
    ["an account that was made", 201, '{"username":"x","key":"0"}', "open"],
    ["a refusal without fields", 400, '{"detail":"Registration is closed."}', "closed"],
    ["a bare list", 400, '["No."]', "closed"],
    ["a refused host", 400, "<h1>Bad Request (400)</h1>", "closed"],
    ["no body", 400, "", "closed"],
    ...[401, 403, 404, 405].map((status): [string, number, string, string] => [
      `status ${status} with fields in it`,
      status,
      '{"username":["x"]}',
      "closed",
    ]),
    ["a throttle", 429, '{"detail":"Request was throttled."}', "busy"],
    ...[500, 502, 503].map((status): [string, number, string, string] => [
      `status ${status}`,
      status,
      '{"username":[]}',
      "busy",
    ]),
    ["web pages that answer everything", 200, "<!doctype html>", "unclear"],
    ["a way elsewhere", 308, "", "unclear"],
  ])("%s (%i) is judged", (_, status, text, verdict) => expect(verdictOf({ status, text })).toBe(verdict));
});

describe("asking", () => {
  const [first] = QUESTIONS;
  if (!first) throw new Error("nothing is asked");
  const one = async (answers: readonly (Heard | Error)[], patience = IMPATIENT) => {
    let asked = 0;
    const send = () => {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? NOBODY);
    };
    const findings = await ask("edge", [first], send, patience);
    return { verdict: findings[0]?.verdict, asked };
  };

  it.each<[string, readonly (Heard | Error)[], unknown]>([
    ["what is known at once", [NOBODY], { verdict: "closed", asked: 1 }],
    ["a server that is still coming up", [{ status: 502, text: "" }, NOBODY], { verdict: "closed", asked: 2 }],
    ["a throttle", [{ status: 429, text: "", retryAfterMs: 5 }, NOBODY], { verdict: "closed", asked: 2 }],
    ["no answer", [new Error("no answer (ECONNREFUSED)"), NOBODY], { verdict: "closed", asked: 2 }],
    ["a server that stays down", [{ status: 503, text: "" }], { verdict: "unknown", asked: 3 }],
    ["what will not be clearer", [{ status: 308, text: "" }], { verdict: "unknown", asked: 1 }],
    [
      "a server that is open in the end",
      [new Error("x"), { status: 400, text: '{"email":[]}' }],
      { verdict: "open", asked: 2 },
    ],
  ])("goes on until it is known: %s", async (_, answers, result) => expect(await one(answers)).toEqual(result));

  it("waits no longer than its bound, whatever CVAT asks for", async () => {
    const throttled = { status: 429, text: "", retryAfterMs: 60_000 };
    expect(await one([throttled], { ...IMPATIENT, boundMs: 50 })).toEqual({ verdict: "unknown", asked: 1 });
  });

  it("asks nothing more where nobody answers", async () => {
    let asked = 0;
    const send = () => Promise.reject(new Error(`no answer ${++asked}`));
    expect(await ask("edge", QUESTIONS, send, IMPATIENT)).toHaveLength(1);
    expect(asked).toBe(IMPATIENT.attempts);
  });
});

describe("the proof", () => {
  it("holds with a closed CVAT, and makes no account of an open one that it names", async () => {
    const shut = await standIn("closed");
    expect(await proveClosed(waysTo(shut.url), IMPATIENT)).toEqual([]);
    const open = await standIn("open");
    const users = open.store.state.users.length;
    await expect(proveClosed(waysTo(open.url), IMPATIENT)).rejects.toThrow(
      /registration and password reset is open to everybody: POST \/api\/auth\/register \(through the edge\), .*cvat\.registration/,
    );
    expect(open.store.state.users).toHaveLength(users);
  });

  it("finds one spelling that an edge lets through to a CVAT that is open", async () => {
    const open = await standIn("open");
    const edge = await serve((request, response) => {
      if (/auth%2fregister/i.test(request.url ?? "")) return void forward(open.url, request, response);
      response.writeHead(404).end();
    });
    const shut = await standIn("closed");
    const ways = { ...waysTo(shut.url), edge: { name: "through the edge", send: throughEdge(edge) } };
    await expect(proveClosed(ways, IMPATIENT)).rejects.toThrow(
      /^CVAT's registration is open to everybody: POST \/api\/auth%2Fregister \(through the edge\), [^(]*%2f[^(]*\(through the edge\), [^(]*\(through the edge\) asks/,
    );
  });

  it("is a warning for a way that this machine does not reach, and the other way is still asked", async () => {
    const shut = await standIn("closed");
    const nowhere = await serve((request) => request.socket.destroy());
    const ways = { ...waysTo(shut.url), edge: { name: "through http://cvat.example", send: throughEdge(nowhere) } };
    expect(await proveClosed(ways, IMPATIENT)).toEqual([
      expect.stringMatching(
        /^Not known whether .* closed through http:\/\/cvat\.example: POST \/api\/auth\/register: no answer/,
      ),
    ]);
    const open = await standIn("open");
    const openBehind = { ...ways, direct: { name: "directly", send: throughEdge(open.url) } };
    await expect(proveClosed(openBehind, IMPATIENT)).rejects.toThrow(/\(directly\)/);
  });

  it("costs CVAT no more than its comment says of the 100 calls a minute", async () => {
    const calls = QUESTIONS.flatMap(({ ways }) => ways).length;
    expect(calls).toBe(13);
    const shut = await standIn("closed", calls);
    expect(await proveClosed(waysTo(shut.url), IMPATIENT)).toEqual([]);
  });
});

it("docs/open-routes.md has a verdict for each path that a stranger gets an answer from", async () => {
  const page = await readFile(path.resolve(import.meta.dirname, "../../docs/open-routes.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const named = new Set(rows.flatMap((row) => [...row.matchAll(/`(?:[A-Z]+)? ?(\/[^`]*)`/g)].map(([, at]) => at)));
  expect(recorded.rows.map((row) => row.path).filter((at) => !named.has(at))).toEqual([]);
});

describe("the stand-in for CVAT", () => {
  it.each(recorded.rows)(
    "answers a stranger's $method $path as CVAT 2.64.0 does",
    async ({ method, path: at, status, type }) => {
      const cvat = await standIn("open");
      const response = await fetch(`${cvat.url}${at}`, { method, redirect: "manual" });
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toMatch(new RegExp(`^${type.replaceAll(/[+.]/g, "\\$&")}`));
    },
  );

  it("makes an account for a stranger by any spelling while it is open, and none while it is closed", async () => {
    const body = (name: string) => ({ username: name, password1: "battery-staple", password2: "battery-staple" });
    const register = async (url: string, spelling: string, name: string) => {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(`${url}${spelling}`, { method: "POST", headers, body: JSON.stringify(body(name)) });
      return response.status;
    };
    const spellings = PATHS.filter((spelling) => !spelling.includes("password"));
    const open = await standIn("open");
    const made = spellings.map((spelling, index) => register(open.url, spelling, `stranger-${index}`));
    expect(await Promise.all(made)).toEqual(spellings.map(() => 201));
    for (const other of [
      "/api/auth/register/",
      "/api/./auth%252Fregister",
      "/api/Auth/register",
      "/api//auth/register",
    ])
      expect(await register(open.url, other, "another")).toBe(404);
    const shut = await standIn("closed");
    const refused = spellings.map((spelling, index) => register(shut.url, spelling, `stranger-${index}`));
    expect(await Promise.all(refused)).toEqual(spellings.map(() => 401));
    await shut.order({ registration: "open" });
    expect(await register(shut.url, "/api/auth/register", "stranger")).toBe(201);
  });
});

it("a settings module of the stack's own is refused while ours is what closes registration", () => {
  const env = { DJANGO_SETTINGS_MODULE: "lab.settings" };
  const problems = (config: unknown) =>
    (cvatConfig.safeParse(config).error?.issues ?? []).map(({ path: at, message }) => `${at.join(".")}: ${message}`);
  expect(problems({ env })).toEqual([expect.stringMatching(/^env\.DJANGO_SETTINGS_MODULE: .*cvat\.registration/)]);
  expect(problems({ env, registration: "open" })).toEqual([]);
});

async function forward(url: string, request: IncomingMessage, response: Parameters<RequestListener>[1]): Promise<void> {
  const answer = await fetch(`${url}${request.url}`, { method: request.method ?? "GET" });
  response.writeHead(answer.status, { "Content-Type": answer.headers.get("content-type") ?? "" });
  response.end(await answer.text());
}
