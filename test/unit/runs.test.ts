import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { whileAtWork } from "../../automation/engine/at-work.ts";
import { locksIn, removeLeftLocks } from "../../automation/engine/locks.ts";
import { refusal as refused } from "../../automation/engine/refusal.ts";
import { startOf } from "../../automation/processes.ts";
import { silentProgress } from "../../automation/progress.ts";
import { markOf, processesOf } from "../../automation/runs/belonging.ts";
import { beginRun, clearAway, endRun, engineBegan, engineEnded } from "../../automation/runs/engine-run.ts";
import { endEngine } from "../../automation/runs/end-engine.ts";
import { hasEnded, nameOf, type ProcessName } from "../../automation/runs/owner.ts";
import { onStop, Stopped, untilStopped } from "../../automation/signals.ts";

let home: string;
let started: ChildProcess[];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "vision-platform-runs-"));
  started = [];
});
afterEach(async () => {
  for (const child of started) child.kill("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const runs = () => path.join(home, "runs");

/** A process that says when it is ready, and ends by itself after a minute. */
async function start(name: string, env: Record<string, string>, signals = ""): Promise<ProcessName> {
  const script = `${signals}; setTimeout(() => undefined, 60_000); console.log("ready")`;
  const child = spawn(process.execPath, ["-e", script], { argv0: name, env, stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return nameOf(child.pid ?? 0);
}

const isThere = ({ pid, start: began }: ProcessName) => startOf(pid) === began;

async function killed(): Promise<ProcessName> {
  const name = await start("owner", {});
  const child = started.at(-1);
  const ended = new Promise((resolve) => child?.once("exit", resolve));
  child?.kill("SIGKILL");
  await ended;
  return name;
}

/** Makes a run one of a process that was killed. */
async function ownerKilled(folder: string): Promise<void> {
  const file = path.join(folder, "owner.json");
  const record = JSON.parse(await readFile(file, "utf8")) as object;
  await writeFile(file, JSON.stringify({ ...record, owner: await killed() }));
}

describe("a process that is written down", () => {
  it("has ended when it is gone, or when its pid is another's", async () => {
    const here = nameOf(process.pid);
    expect(hasEnded(here)).toBe(false);
    expect(hasEnded({ ...here, start: "1" })).toBe(true);
    expect(hasEnded(await killed())).toBe(true);
  });

  it("has ended when the machine was started again", () => {
    const here = nameOf(process.pid);
    expect(hasEnded({ ...here, machine: { ...here.machine, boot: "before" } })).toBe(true);
  });

  it.each([["host"], ["pids"]])("is not judged where it cannot be looked up: another %s", async (key) => {
    const gone = await killed();
    expect(hasEnded({ ...gone, machine: { ...gone.machine, [key]: "another" } })).toBe(false);
  });
});

describe("a run of the engine", () => {
  it("has a folder for temporary files that nobody else reads, and leaves none", async () => {
    const run = await beginRun(runs(), "lab");
    await writeFile(path.join(run.env["TMPDIR"] ?? "", "kubeconfig1"), "");
    expect(run.env["TMPDIR"]).toMatch(/\/runs\/lab-[0-9a-f]{8}\/tmp$/);
    await endRun(run);
    expect(await readdir(runs())).toEqual([]);
  });

  it("leaves no process that its engine left, of whatever program", async () => {
    const run = await beginRun(runs(), "lab");
    const plugin = await start("pulumi-resource-kubernetes", run.env);
    const command = await start("sh", run.env);
    const other = await start("sh", markOf(`${run.folder}-2`));
    await endEngine(run.folder);
    expect([plugin, command, other].map(isThere)).toEqual([false, false, true]);
  });
});

describe("what killed runs left", () => {
  it("goes, process and file; a living run's stays", async () => {
    const [dead, living] = [await beginRun(runs(), "dead"), await beginRun(runs(), "living")];
    const left = await start("pulumi-resource-kubernetes", dead.env);
    const used = await start("pulumi-resource-kubernetes", living.env);
    await ownerKilled(dead.folder);
    expect(await clearAway(runs())).toEqual([path.basename(dead.folder)]);
    expect([left, used].map(isThere)).toEqual([false, true]);
    expect(await readdir(runs())).toEqual([path.basename(living.folder)]);
  });

  it("goes gently: an engine that is still there ends by itself", async () => {
    const run = await beginRun(runs(), "lab");
    const file = path.join(home, "ended-by");
    const asked = `process.on("SIGINT", () => { require("fs").writeFileSync(${JSON.stringify(file)}, "SIGINT"); process.exit() })`;
    await start("pulumi", run.env, asked);
    await ownerKilled(run.folder);
    await clearAway(runs());
    expect(await readFile(file, "utf8")).toBe("SIGINT");
    expect(processesOf(run.folder)).toEqual([]);
  });

  it("is remembered where an engine did not end in order, and once", async () => {
    const run = await beginRun(runs(), "lab");
    await engineBegan(run.env, (await anEngine(run.env)).pid);
    await ownerKilled(run.folder);
    expect(await clearAway(runs())).toHaveLength(1);
    expect(existsSync(run.env["TMPDIR"] ?? "")).toBe(false);
    expect(await clearAway(runs())).toEqual([]);
    expect(await readdir(runs())).toEqual([path.basename(run.folder)]);
  });

  /** An engine that is there while it is written down. */
  const anEngine = (env: Record<string, string>) => start("pulumi", env);
});

describe("the lock of an engine that was killed", () => {
  const refusal = (locks: readonly string[]) => {
    const error = Object.create(auto.ConcurrentUpdateError.prototype) as Error;
    error.message = [
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.",
      ...locks.map(
        (lock) => `  file:///state/.pulumi/locks/organization/vision-platform/lab/0a.json: created by ${lock}`,
      ),
      "",
    ].join("\n");
    return error;
  };
  const at = (pid: number, { user = userInfo().username, host = hostname(), time = new Date() } = {}) =>
    `${user}@${host} (pid ${pid}) at ${time.toISOString().replace(/\.\d+/, "")}`;

  let cancelled: number;
  const stack = () =>
    ({
      name: "lab",
      workspace: { workDir: home, envVars: markOf(home) },
      cancel: () => {
        cancelled++;
        return Promise.resolve();
      },
    }) as unknown as auto.Stack;

  /** A run of ours whose engine is killed. */
  async function killedEngine(): Promise<number> {
    const run = await beginRun(runs(), "lab");
    const { pid } = await start("pulumi", run.env);
    await engineBegan(run.env, pid);
    const ended = new Promise((resolve) => started.at(-1)?.once("exit", resolve));
    await endEngine(run.folder);
    await endRun(run);
    await ended;
    return pid;
  }

  beforeEach(() => {
    cancelled = 0;
  });

  it("is read from the engine's refusal", () => {
    const [lock] = locksIn(refusal(["a@b@host (pid 12) at 2026-11-30T13:00:00+01:00"]).message);
    expect(lock).toEqual({
      file: "0a.json",
      holder: { user: "a@b", host: "host", pid: 12, taken: Date.parse("2026-11-30T12:00:00Z") },
    });
  });

  it("is told with its holder where it stays", () => {
    const time = new Date("2026-11-30T12:31:09Z");
    expect(refused(refusal([at(4711, { user: "ada", host: "laptop", time })]))).toMatchObject({
      message: expect.stringMatching(
        /`pulumi cancel`\. Locked by ada@laptop \(process 4711 since 2026-11-30T12:31:09Z, .+ ago\)\.\n/,
      ) as string,
    });
  });

  it("says what is wrong where the engine counts its errors first", () => {
    const error = Object.create(auto.CommandError.prototype) as Error;
    error.message =
      "error: 2 errors occurred:\n    1) write /state/0a.json.18.tmp: no space left on device\n    2) Unknown\n";
    expect(refused(error)).toMatchObject({
      message: expect.stringMatching(
        /^write \/state\/0a\.json\.18\.tmp: no space left on device\n {4}Make room /,
      ) as string,
    });
  });

  it("is removed, by one of two who find it", async () => {
    const pid = await killedEngine();
    const both = await Promise.all([1, 2].map(() => removeLeftLocks(stack(), refusal([at(pid)]), runs())));
    expect(both.map(({ length }) => length).sort()).toEqual([0, 1]);
    expect(both.flat()).toEqual([
      expect.stringMatching(/^Removed the lock of a run that was killed \(process \d+ since \S+, .+ ago\)\.$/),
    ]);
    expect(cancelled).toBe(1);
  });

  it.each<[string, (pid: number) => string[]]>([
    ["of another process", (pid) => [at(pid + 1)]],
    ["of another user", (pid) => [at(pid, { user: "somebody" })]],
    ["of another host", (pid) => [at(pid, { host: "elsewhere" })]],
    ["of an earlier process with that pid", (pid) => [at(pid, { time: new Date(Date.now() - 60_000) })]],
    ["beside a lock of somebody else", (pid) => [at(pid), at(pid + 1)]],
    ["that is not told", () => []],
  ])("stays: one %s", async (_, locks) => {
    const pid = await killedEngine();
    expect(await removeLeftLocks(stack(), refusal(locks(pid)), runs())).toEqual([]);
    expect(cancelled).toBe(0);
  });

  it("stays while the engine is there, and where it ended in order", async () => {
    const run = await beginRun(runs(), "lab");
    const { pid } = await start("pulumi", run.env);
    await engineBegan(run.env, pid);
    expect(await removeLeftLocks(stack(), refusal([at(pid)]), runs())).toEqual([]);
    await engineEnded(run.env);
    await endEngine(run.folder);
    await endRun(run);
    expect(await removeLeftLocks(stack(), refusal([at(pid)]), runs())).toEqual([]);
    expect(cancelled).toBe(0);
  });

  it("is looked for by a run among those before it, which are forgotten once it has the lock", async () => {
    const pids = [await killedEngine(), await killedEngine()];
    const done = whileAtWork(stack(), { progress: silentProgress, hadLock: () => true }, (folder) =>
      removeLeftLocks(stack(), refusal([at(pids[0] ?? 0)]), folder),
    );
    expect(await done).toHaveLength(1);
    expect(await readdir(runs())).toEqual([]);
  });

  it("is removed at once when this run's own engine is killed while it has it", async () => {
    const working = stack();
    const state = path.join(home, ".pulumi", "stacks", "vision-platform");
    await writeFile(path.join(home, "Pulumi.yaml"), "name: vision-platform\n");
    Object.assign(working.workspace.envVars, { PULUMI_BACKEND_URL: `file://${home}` });
    const work = async () => {
      const env = working.workspace.envVars as Record<string, string>;
      await engineBegan(env, (await start("pulumi", env)).pid);
      await mkdir(state, { recursive: true });
      for (const name of ["lab.json", "lab.json.18ecfce8ef44971d.tmp", "other.json.18ecfce8ef44971d.tmp"])
        await writeFile(path.join(state, name), "{}");
      throw new Error("the engine is gone");
    };
    const done = whileAtWork(working, { progress: silentProgress, hadLock: () => true }, work);
    await expect(done).rejects.toThrow("the engine is gone");
    expect(cancelled).toBe(1);
    expect(await readdir(runs())).toEqual([]);
    expect(working.workspace.envVars).toMatchObject(markOf(home));
    // What the engine had not finished writing of its state goes with the lock.
    expect(await readdir(state)).toEqual(["lab.json", "other.json.18ecfce8ef44971d.tmp"]);
  });
});

describe("a signal", () => {
  const signal = (name: NodeJS.Signals = "SIGHUP") => process.emit(name, name);

  it("is for who began last", () => {
    const heard: string[] = [];
    const off = onStop(() => void heard.push("outer"));
    const inner = onStop(() => void heard.push("inner"));
    signal();
    inner();
    signal();
    off();
    expect(heard).toEqual(["inner", "outer"]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends work that hangs, with exit code %i", async (name, exitCode) => {
    const done = untilStopped(() => new Promise(() => undefined));
    signal(name);
    await expect(done).rejects.toMatchObject({ exitCode });
  });

  it("ends the engine, which finishes what it has begun, and the run fails as stopped", async () => {
    const file = path.join(home, "finished");
    const asked = `process.on("SIGINT", () => { require("fs").appendFileSync(${JSON.stringify(file)}, "asked "); setTimeout(process.exit, 300) })`;
    const { done } = await atWork(asked);
    signal();
    signal();
    await expect(done).rejects.toBeInstanceOf(Stopped);
    // What npm hands on is no second wish.
    expect(await readFile(file, "utf8")).toBe("asked ");
    expect(await readdir(runs())).toEqual([]);
  });

  it("ends an engine that hears nothing, when asked again and again", async () => {
    const { done, engine } = await atWork(`process.on("SIGINT", () => undefined)`);
    const again = setInterval(signal, 800);
    signal();
    await expect(done).rejects.toBeInstanceOf(Stopped);
    clearInterval(again);
    expect(isThere(engine)).toBe(false);
    expect(await readdir(runs())).toEqual([]);
  });

  /** An engine at work for a program that never ends. */
  async function atWork(signals: string) {
    const envVars = markOf(home);
    const stack = { name: "lab", workspace: { workDir: home, envVars } } as unknown as auto.Stack;
    let began: (engine: ProcessName) => void;
    const engine = new Promise<ProcessName>((resolve) => (began = resolve));
    const done = whileAtWork(stack, { progress: silentProgress, hadLock: () => false }, async () => {
      began(await start("pulumi", envVars, signals));
      return new Promise(() => undefined);
    });
    done.catch(() => undefined);
    return { done, engine: await engine };
  }
});
