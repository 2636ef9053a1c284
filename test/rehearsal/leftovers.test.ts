import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { kill, programOf } from "../../automation/processes.ts";
import { silentProgress } from "../../automation/progress.ts";
import { RUN_TYPESCRIPT } from "../../automation/project.ts";
import { endProcessesOf, processesOf } from "../../automation/runs/belonging.ts";
import { obtainTools, type Tool } from "../../automation/tools/obtain.ts";

const RUN = path.join(import.meta.dirname, "waiting-run.ts");
const PLUGIN = "pulumi-resource-kubernetes";

let tools: Tool[];
let folder: string;

beforeAll(async () => {
  tools = await obtainTools(ENGINE_PROGRAMS, { progress: silentProgress });
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-leftovers-"));
  await mkdir(path.join(folder, "tmp"));
});
afterEach(async () => {
  await endProcessesOf(folder);
  await rm(folder, { recursive: true, force: true });
});

describe("a run whose program waits for ever", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("ends by %s with %i: no lock, no process, no temporary file is left", async (signal, exitCode) => {
    const { run } = await waiting();
    run.kill(signal);
    expect(await run).toMatchObject({ exitCode });
    expect((await run).stderr).toMatch(/^Stopped\. /m);
    expect(processesOf(folder)).toEqual([]);
    expect(await left()).toEqual({ locks: [], temporary: [], runs: [] });
  });

  it.each([
    ["killed with its engine", ["pulumi"]],
    ["killed alone", []],
  ])("%s, leaves nothing once the next has begun, which is not locked out", async (_, programs) => {
    const { run } = await waiting();
    const own = processesOf(folder);
    expect(own.map(programOf)).toContain(PLUGIN);
    run.kill("SIGKILL");
    for (const found of own) if (programs.includes(programOf(found))) kill(found.pid);
    await run;
    const { stderr, exitCode } = await start("through");
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/^Removed what a killed run left: bench-/m);
    // Alone, its engine may end in order by itself.
    if (programs.length > 0)
      expect(stderr).toMatch(/^Removed the lock of a run that was killed \(process \d+ since \S+, .+ ago\)\.$/m);
    expect(processesOf(folder)).toEqual([]);
    expect(await left()).toEqual({ locks: [], temporary: [], runs: [] });
  });

  it("whose engine is killed fails, and leaves nothing itself", async () => {
    const { run } = await waiting();
    for (const found of processesOf(folder)) if (programOf(found) === "pulumi") kill(found.pid);
    expect(await run).toMatchObject({ exitCode: 1 });
    expect(processesOf(folder)).toEqual([]);
    expect(await left()).toEqual({ locks: [], temporary: [], runs: [] });
  });
});

it("a lock that an engine could not finish on a full disk locks nobody out", async () => {
  const locks = path.join(folder, "state", ".pulumi", "locks", "organization", "bench", "bench");
  await start("through");
  await writeFile(path.join(locks, "8eea8ebe.json.18ecf46f9276f34b.tmp"), "");
  const { stderr, exitCode } = await start("through");
  expect(stderr).toMatch(/^Removed a lock that no engine took, for it could not finish writing it$/m);
  expect(exitCode).toBe(0);
});

it("a run that comes to its end leaves no copy of the kubeconfig", async () => {
  expect(await start("through")).toMatchObject({ exitCode: 0 });
  expect(await left()).toEqual({ locks: [], temporary: [], runs: [] });
});

function start(...words: string[]) {
  return execa(process.execPath, [RUN_TYPESCRIPT, RUN, folder, JSON.stringify(tools), ...words], {
    env: { TMPDIR: path.join(folder, "tmp") },
    reject: false,
    stdin: "ignore",
  });
}

/** A run that waits, with the stack's lock, the plugin and its copy of the kubeconfig. */
async function waiting() {
  const run = start();
  const said = new Promise<void>((resolve, reject) => {
    run.stdout.on("data", (text: Buffer) => {
      if (text.toString().includes("waiting")) resolve();
    });
    run.on("exit", (code) => {
      reject(new Error(`it ended before it waited (${code ?? "killed"})`));
    });
  });
  await said;
  await vi.waitUntil(async () => (await left()).runs.some((file) => /\/tmp\/kubeconfig\d+$/.test(file)), 10_000);
  expect((await left()).locks).toHaveLength(1);
  return { run };
}

async function left() {
  const files = async (...place: string[]) => {
    const entries = await readdir(path.join(folder, ...place), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  };
  return {
    // Each has a file of attributes beside it.
    locks: (await files("state", ".pulumi", "locks")).filter((file) => file.endsWith(".json")),
    temporary: await files("tmp"),
    runs: await files("runs"),
  };
}
