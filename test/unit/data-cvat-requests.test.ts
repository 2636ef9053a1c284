import { afterEach, describe, expect, it } from "vitest";
import { isLost, lastLine, stateText } from "../../automation/data/cvat/request-state.ts";
import {
  finished,
  RequestFailed,
  RequestGone,
  RequestLost,
  type Following,
} from "../../automation/data/cvat/requests.ts";
import { queueOf, type Worker } from "../../automation/data/cvat/workers.ts";
import type { Request } from "../../components/cvat/client/types.ts";
import { scriptedCvat, type Scripted, type ScriptedCvat } from "../fixtures/cvat/scripted.ts";

const ID = "action=create&target=task&target_id=7";
const CALL = `GET requests/${ID}`;
const STARTED = "2026-12-01T10:00:00Z";

let cvat: ScriptedCvat | undefined;
afterEach(() => cvat?.end());

const request = (changes: Partial<Request> = {}): Request => ({
  id: ID,
  status: "started",
  message: "",
  operation: { type: "create:task" },
  started_date: STARTED,
  result_id: null,
  result_url: null,
  ...changes,
});
const said = (changes: Partial<Request> = {}): Scripted => ({ status: 200, body: request(changes) });
const forgotten: Scripted = { status: 404, type: "text/html", body: "There is no request with specified id" };

async function following(answers: Scripted[], changes: Partial<Following> = {}) {
  cvat = await scriptedCvat({ [CALL]: answers });
  const lines: string[] = [];
  const end = finished(cvat.client, ID, {
    what: "making task street",
    wasDone: () => Promise.resolve(false),
    update: (text) => lines.push(text),
    withinMs: 20_000,
    everyMs: 5,
    ...changes,
  });
  return { lines, end };
}

const worker = (since: string | undefined, state = "running"): Worker => ({
  pod: "cvat-backend-worker-import-1",
  state,
  since: since === undefined ? undefined : new Date(since),
});

describe("a request is followed", () => {
  it("to its end, with what CVAT says on the way", async () => {
    const { end, lines } = await following([
      said({ status: "queued", started_date: null }),
      said({ message: "Task is being saved in database" }),
      said({ status: "finished" }),
    ]);
    expect(await end).toMatchObject({ status: "finished" });
    expect(lines).toEqual(["waits for a worker of CVAT", "Task is being saved in database", "finished"]);
  });

  it("to its failure: the last line of the traceback is the reason", async () => {
    const message = "Traceback (most recent call last):\n  File x\nValueError: No media data found\n";
    const { end } = await following([said({ status: "failed", message })]);
    await expect(end).rejects.toThrow("CVAT failed at making task street: ValueError: No media data found");
    await expect(end).rejects.toBeInstanceOf(RequestFailed);
  });

  it("past the day that CVAT forgets it: what was asked for is looked at", async () => {
    expect(await (await following([said(), forgotten], { wasDone: () => Promise.resolve(true) })).end).toBeUndefined();
    await cvat?.end();
    const { end } = await following([said(), forgotten]);
    await expect(end).rejects.toThrow(/knows nothing of making task street any more, and it is not done/);
  });

  it("until its task is deleted", async () => {
    const gone: Scripted = { status: 400, body: ["Task matching query does not exist."] };
    const { end } = await following([said(), gone]);
    await expect(end).rejects.toBeInstanceOf(RequestGone);
    await expect(end).rejects.toThrow("has been deleted in CVAT meanwhile: Task matching query does not exist.");
  });

  it("over a dropped connection, a 500, and a 429 that asks to wait", async () => {
    const busy: Scripted = { status: 429, headers: { "Retry-After": "1" }, body: { detail: "throttled" } };
    const broken: Scripted = { status: 500, type: "text/html", body: "<title>Server Error (500)</title>" };
    const { end, lines } = await following(["drop", busy, broken, broken, said({ status: "finished" })]);
    expect(await end).toMatchObject({ status: "finished" });
    expect(lines[0]).toMatch(/^CVAT does not answer: CVAT answers 500/);
  });

  it("no further when nobody works on it any more", async () => {
    const workers = () => Promise.resolve([worker("2026-12-01T10:01:00Z")]);
    const { end } = await following([said()], { workers, lookMs: 1 });
    await expect(end).rejects.toBeInstanceOf(RequestLost);
    await expect(end).rejects.toThrow(/cvat-backend-worker-import-1 \(since 2026-12-01T10:01:00.000Z\)/);
  });

  it("on while a worker runs that was there when it began, and not for ever", async () => {
    const workers = () => Promise.resolve([worker("2026-12-01T09:00:00Z"), worker("2026-12-01T10:01:00Z")]);
    const { end } = await following([said()], { workers, lookMs: 1, withinMs: 300 });
    await expect(end).rejects.toThrow(/After 0.3 s of making task street it is waited for no longer: CVAT is at work/);
  });

  it("until whoever asked for it stops", async () => {
    const stop = new AbortController();
    const { end } = await following([said()], { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("Stopped.")), 20);
    await expect(end).rejects.toThrow("Stopped.");
  });
});

describe("where a request is", () => {
  it.each([
    ["one that has just been asked for", request({ status: "queued" }), 1_000, undefined, "waits for a worker of CVAT"],
    [
      "one that waits long",
      request({ status: "queued" }),
      90_000,
      [worker(STARTED)],
      "has waited 1 min 30 s for a worker of CVAT, which does not tell what it works on before (its worker runs)",
    ],
    [
      "one whose worker cannot start",
      request({ status: "queued" }),
      90_000,
      [worker(undefined, "waiting: ImagePullBackOff")],
      "has waited 1 min 30 s for a worker of CVAT, which does not tell what it works on before (no worker runs: cvat-backend-worker-import-1 waiting: ImagePullBackOff)",
    ],
    ["one at work", request(), 1_000, undefined, "CVAT is at work"],
    ["one without news", request(), 60_000, undefined, "CVAT is at work; nothing new for 1 min 0 s"],
  ] as const)("%s", (_, one, forMs, workers, text) => {
    expect(stateText(one, forMs, workers)).toBe(text);
  });

  it("is lost only when every worker is younger, by more than clocks differ", () => {
    expect(isLost(request(), [worker("2026-12-01T10:00:05Z")])).toBe(false);
    expect(isLost(request(), [worker("2026-12-01T10:00:11Z")])).toBe(true);
    expect(isLost(request(), [])).toBe(true);
    expect(isLost(request({ status: "queued" }), [])).toBe(false);
    expect(isLost(request({ started_date: null }), [])).toBe(false);
  });

  it("says its queue and its reason", () => {
    expect(
      ["create:task", "import:annotations", "export:dataset", "calculate:quality", "merge:task"].map(queueOf),
    ).toEqual(["import", "import", "export", "qualityreports", "consensus"]);
    expect(lastLine("a\nb: c\n\n")).toBe("b: c");
  });
});
