import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { until } from "../../components/rest/until.ts";
import type { Report } from "../../automation/smoke/report.ts";
import { startTestLab, type TestLab } from "../fixtures/data/lab.ts";
import { sharedCache } from "../fixtures/data/shared-cache.ts";

/** `smoke` as a process, over a lab of stand-ins: how it ends, what it prints, and what is left when it is stopped or killed. */

const cache = sharedCache();
const TIMEOUT_MS = 120_000;
let lab: TestLab;

beforeAll(async () => {
  lab = await startTestLab({}, cache());
});
afterAll(() => lab.end());
afterEach(() => lab.cvat.order({}));

const projects = async () => (await lab.list<{ name: string }>("projects")).map(({ name }) => name);
const waiting = () => lab.cvat.store.state.requests.filter(({ status }) => status === "queued");

/** A run whose picture nobody takes in, once it waits for that. */
async function stuck() {
  await lab.cvat.order({ workers: { import: "down" } });
  const run = lab.start("smoke");
  await until(waiting, { isDone: ({ length }) => length > 0, everyMs: 20, withinMs: TIMEOUT_MS });
  // A process can be awaited itself, and then is at its end.
  return { run };
}

it("prints the verdict and nothing else, and ends with 0", { timeout: TIMEOUT_MS }, async () => {
  const { stdout, stderr, exitCode } = await lab.start("smoke");
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(
    /^Well: stack lab did 12 steps in [\d.]+ s, as admin\. Left out: edge, token-lifetime, access-token\.\n/,
  );
  expect(stdout).toContain("anna (worker) may not; in organization lab");
  expect(await projects()).toEqual([]);
});

it("ends with 1 and one document where a step fails", { timeout: TIMEOUT_MS }, async () => {
  await lab.cvat.order({ exports: "empty" });
  const { stdout, exitCode } = await lab.start("smoke", "--json", "--only", "export-coco");
  expect(exitCode).toBe(1);
  const report = JSON.parse(stdout) as Report;
  expect(report).toMatchObject({ well: false, failed: ["export-cvat"], stack: "lab", as: "admin" });
  expect(report.steps.at(-1)).toMatchObject({ step: "remove", is: "well" });
});

it("says of a person who may make no project what he would need", { timeout: TIMEOUT_MS }, async () => {
  const { stdout, exitCode } = await lab.start("smoke", "--as", "anna", "--only", "task");
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/fails at task; 3 steps went well, as anna\./);
  expect(stdout).toContain("anna may; anna (worker) may not");
  expect(stdout).toContain("--as NAME for one whose role is user or admin");
});

it("removes its own when a person stops it", { timeout: TIMEOUT_MS }, async () => {
  const { run } = await stuck();
  run.kill("SIGINT");
  const { exitCode, stderr } = await run;
  expect([exitCode, stderr.trim().split("\n").at(-1)]).toEqual([130, "Stopped. Nothing of it is left in CVAT."]);
  expect([await projects(), waiting()]).toEqual([[], []]);
});

it("removes what a run left that was killed, in the next", { timeout: TIMEOUT_MS }, async () => {
  const { run } = await stuck();
  run.kill("SIGKILL");
  await run;
  expect(await projects()).toHaveLength(1);
  const { stdout } = await lab.start("smoke", "--only", "earlier");
  expect(stdout).toContain("removed 1 project of runs that died");
  expect([await projects(), waiting()]).toEqual([[], []]);
});
