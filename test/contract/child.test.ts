import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, it } from "vitest";
import { startOf } from "../../automation/processes.ts";
import { RUN_TYPESCRIPT } from "../../automation/project.ts";
import { until } from "../../components/rest/until.ts";
import { startChild } from "./sso/child.ts";

/** As Keycloak's script does: it runs the program beside itself, and says its number. */
const SCRIPT = "sleep 600 & echo pids $$ $!; wait";
const PIDS = /pids (\d+) (\d+)/;
const pidsIn = (said: string) => (PIDS.exec(said) ?? []).slice(1).map(Number);

/** Resolves to those that are still there after a while. */
const left = async (pids: readonly number[]) => {
  const running = () => Promise.resolve(pids.filter((pid) => startOf(pid) !== undefined));
  return until(running, { isDone: (found) => found.length === 0, everyMs: 20, withinMs: 10_000 });
};

it("what a test starts ends with it, also what that has started itself, when the test is killed outright", async () => {
  const running = spawn(process.execPath, [
    RUN_TYPESCRIPT,
    path.join(import.meta.dirname, "sso/child-owner.ts"),
    SCRIPT,
  ]);
  let said = "";
  running.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until(() => Promise.resolve(said), { isDone: (text) => PIDS.test(text), everyMs: 20, withinMs: 30_000 });
  const pids = pidsIn(said);
  expect(pids).toHaveLength(2);
  expect(pids.filter((pid) => startOf(pid) !== undefined)).toEqual(pids);
  running.kill("SIGKILL");
  await once(running, "exit");
  expect(await left(pids)).toEqual([]);
});

it.each([
  ["stopped", SCRIPT],
  ["gone by itself, and leaves another", "sleep 600 & echo pids $$ $!; exit 3"],
])("nothing of a program is there once it is %s", async (how, script) => {
  const child = startChild(["sh", "-c", script]);
  await until(() => Promise.resolve(child.said()), {
    isDone: (text) => PIDS.test(text),
    everyMs: 20,
    withinMs: 30_000,
  });
  if (how === "stopped") await child.stop();
  expect(await left(pidsIn(child.said()))).toEqual([]);
});
