import { getEventListeners } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { call } from "../../components/rest/call.ts";
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
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener("abort", () => {
      resolve(signal.reason);
    });
  });
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

it("ends at its limit beside a run's signal, whatever garbage is collected", { timeout: 5_000 }, async () => {
  const run = new AbortController();
  expect(await limitedTo(LIMIT_MS, run.signal, aborted)).toMatchObject({ name: "TimeoutError" });
  expect(run.signal.aborted).toBe(false);
});

it("ends at its limit alone", { timeout: 5_000 }, async () => {
  expect(await limitedTo(LIMIT_MS, undefined, aborted)).toMatchObject({ name: "TimeoutError" });
});

it("ends with the run, in its words", async () => {
  const run = new AbortController();
  const reason = limitedTo(LIMIT_MS, run.signal, aborted);
  run.abort(new Error("stopped"));
  expect(await reason).toEqual(new Error("stopped"));
  expect(await limitedTo(LIMIT_MS, run.signal, aborted)).toEqual(new Error("stopped"));
});

it("leaves neither a listener nor a timer of what is done, well or not", async () => {
  const run = new AbortController();
  const before = timers();
  let during = 0;
  const work = () => {
    during = getEventListeners(run.signal, "abort").length;
    return Promise.resolve();
  };
  for (let count = 0; count < 50; count++) await limitedTo(60_000, run.signal, work);
  await limitedTo(60_000, run.signal, () => Promise.reject(new Error("failed"))).catch(() => undefined);
  expect([during, getEventListeners(run.signal, "abort").length, timers() - before]).toEqual([1, 0, 0]);
});

it("so a run's calls do not pile up", async () => {
  const server = http.createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const run = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (let count = 0; count < 20; count++)
    await call(url, { method: "GET", headers: {}, limitMs: 60_000, signal: run.signal });
  expect(getEventListeners(run.signal, "abort")).toEqual([]);
  server.closeAllConnections();
  server.close();
});
