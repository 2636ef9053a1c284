import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { limitedTo } from "../../components/rest/ending.ts";

const LIMIT_MS = 150;
/** What nothing holds is gone within. */
let collect: NodeJS.Timeout;

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  collect = setInterval(gc, 20);
});
afterAll(() => {
  clearInterval(collect);
});

const aborted = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve(signal.reason);
    });
  });

it("ends at its limit beside a run's signal, whatever garbage is collected", { timeout: 5_000 }, async () => {
  const run = new AbortController();
  expect(await aborted(limitedTo(LIMIT_MS, run.signal))).toMatchObject({ name: "TimeoutError" });
  expect(run.signal.aborted).toBe(false);
});

it("ends at its limit alone", { timeout: 5_000 }, async () => {
  expect(await aborted(limitedTo(LIMIT_MS, undefined))).toMatchObject({ name: "TimeoutError" });
});

it("ends with the run, in its words, and no more at its limit", async () => {
  const run = new AbortController();
  const signal = limitedTo(LIMIT_MS, run.signal);
  const reason = aborted(signal);
  run.abort(new Error("stopped"));
  expect(await reason).toEqual(new Error("stopped"));
  expect(limitedTo(LIMIT_MS, run.signal).reason).toEqual(new Error("stopped"));
});
