import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server } from "node:http";
import { createServer as createTcp, type AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import path from "node:path";
import * as auto from "@pulumi/pulumi/automation/index.js";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ageText } from "../../automation/engine/age.ts";
import { leftoversAt, leftoverText } from "../../automation/engine/leftovers.ts";
import { leftText, locksBehind, removeLeftLocks, removeLocks } from "../../automation/engine/locks.ts";
import { pendingIn, pendingText } from "../../automation/engine/pending.ts";
import { afterPending, withoutAdvice } from "../../automation/engine/pending-warning.ts";
import { stoppedText } from "../../automation/engine/stopped.ts";
import type { PendingOperation, StoredResource } from "../../automation/engine/stored-state.ts";
import { startOf } from "../../automation/processes.ts";
import { RUN_TYPESCRIPT } from "../../automation/project.ts";
import { backendFolder } from "../../automation/recovery/backend-folder.ts";
import { markOf } from "../../automation/runs/belonging.ts";
import { beginRun, engineBegan, engineHasLock } from "../../automation/runs/engine-run.ts";

let home: string;
let started: ChildProcess[];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "vision-platform-recover-"));
  await writeFile(path.join(home, "Pulumi.yaml"), "name: vision-platform\nruntime: nodejs\n");
  started = [];
});
afterEach(async () => {
  for (const child of started) child.kill("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const runs = () => path.join(home, "runs");
const state = () => path.join(home, "state");
const locks = () => path.join(state(), ".pulumi", "locks", "organization", "vision-platform", "lab");

async function file(name: string, text: string, agoMs = 0): Promise<string> {
  await mkdir(path.dirname(name), { recursive: true });
  await writeFile(name, text);
  const time = new Date(Date.now() - agoMs);
  await utimes(name, time, time);
  return name;
}

async function processOf(args: readonly string[], env: Record<string, string>, argv0 = "node"): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setTimeout(() => 0, 60_000); console.log('ready')", ...args], {
    argv0,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  started.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child.pid ?? 0;
}

async function ended(): Promise<void> {
  const child = started.at(-1);
  const end = new Promise((resolve) => child?.once("exit", resolve));
  child?.kill("SIGKILL");
  await end;
}

describe("where the engine keeps its state", () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ["the environment", { PULUMI_BACKEND_URL: "file:///srv/state?metadata=skip" }, "/srv/state"],
    ["a folder beside the project", { PULUMI_BACKEND_URL: "file://./state" }, "HOME/state"],
    ["a bucket", { PULUMI_BACKEND_URL: "s3://states?region=us-east-1" }, undefined],
    ["who logged in", { PULUMI_HOME: "HOME/pulumi" }, "/srv/logged-in"],
    ["nobody", { PULUMI_HOME: "HOME/elsewhere" }, undefined],
  ])("is told by %s", async (_, env, folder) => {
    await file(path.join(home, "pulumi", "credentials.json"), JSON.stringify({ current: "file:///srv/logged-in" }));
    const own = Object.fromEntries(Object.entries(env).map(([key, text]) => [key, text.replace("HOME", home)]));
    expect((await backendFolder(home, own))?.folder).toBe(folder?.replace("HOME", home));
  });

  it("is told by Pulumi.yaml before who logged in, and its project too", async () => {
    await writeFile(
      path.join(home, "Pulumi.yaml"),
      "name: other\nruntime: nodejs\nbackend: { url: file:///srv/named }\n",
    );
    expect(await backendFolder(home, { PULUMI_HOME: home })).toEqual({ folder: "/srv/named", project: "other" });
  });
});

describe("a lock that was cut", () => {
  const refusal = () =>
    Object.assign(Object.create(auto.CommandError.prototype) as Error, {
      message: "error: unexpected end of JSON input\n",
    });
  const stack = () =>
    ({
      name: "lab",
      workspace: { workDir: home, envVars: { ...markOf(home), PULUMI_BACKEND_URL: `file://${state()}` } },
      cancel: () => Promise.reject(new Error("that would remove a living lock, too")),
    }) as unknown as auto.Stack;

  /** A run of ours whose engine had that lock when it was killed. */
  async function killedWith(lock: string): Promise<void> {
    const run = await beginRun(runs(), "lab");
    await engineBegan(run.env, await processOf([], run.env));
    await engineHasLock(run.env, lock);
    await ended();
  }

  it("is removed where a run of ours wrote down that it is its own", async () => {
    const lock = await file(path.join(locks(), "0a.json"), "");
    await file(`${lock}.attrs`, "");
    await killedWith("0a.json");
    expect(await removeLeftLocks(stack(), refusal(), runs())).toEqual([
      "Removed the lock of a run that was killed, which was cut (0a.json).",
    ]);
    expect([lock, `${lock}.attrs`].map(existsSync)).toEqual([false, false]);
  });

  it("is removed where the engine was killed while it wrote it, whoever's it was", async () => {
    const lock = await file(path.join(locks(), `0a.json.${"1".repeat(16)}.tmp`), '{"pid":12,', 10_000);
    expect(await removeLeftLocks(stack(), refusal(), runs())).toHaveLength(1);
    expect(existsSync(lock)).toBe(false);
  });

  it("stays where it cannot be told whose it is, and is named with its age and the command", async () => {
    const lock = await file(path.join(locks(), "0a.json"), '{"pid":12', 3 * 3_600_000);
    await killedWith("0b.json");
    await expect(removeLeftLocks(stack(), refusal(), runs())).rejects.toThrow(
      /^The stack's lock \/\S+\/lab\/0a\.json is cut, .* written \S+Z, 3 h ago, .* pulumi cancel --stack lab --yes$/,
    );
    expect(existsSync(lock)).toBe(true);
  });

  it("does not take a living one along", async () => {
    const cut = await file(path.join(locks(), "0a.json"), "");
    const holder = { pid: process.pid, username: userInfo().username, hostname: hostname(), timestamp: new Date() };
    const living = await file(path.join(locks(), "0b.json"), JSON.stringify(holder));
    await killedWith("0a.json");
    const found = await locksBehind(stack(), refusal(), runs());
    expect(found.map(({ file: name, isDead }) => [name, isDead])).toEqual([
      ["0a.json", true],
      ["0b.json", false],
    ]);
    expect(await removeLocks(stack(), found)).toHaveLength(1);
    expect([cut, living].map(existsSync)).toEqual([false, true]);
    expect(leftText(found[1] ?? { file: "", holder: undefined, isDead: false }, "lab")).toMatch(
      /^It is locked by \S+@\S+ \(process \d+ since \S+Z, \d+ s ago\)\. .* pulumi cancel --stack lab --yes$/,
    );
  });

  it("goes with what its engine left half-written of the state, and nothing else", async () => {
    const states = path.join(state(), ".pulumi", "stacks", "vision-platform");
    const half = await file(path.join(states, "lab.json.18a1b2c3d4e5f607.tmp"), "{");
    const whole = await file(path.join(states, "lab.json"), "{}");
    const other = await file(path.join(states, "other.json.18a1b2c3d4e5f607.tmp"), "{");
    await file(path.join(locks(), "0a.json"), "");
    await killedWith("0a.json");
    await removeLeftLocks(stack(), refusal(), runs());
    expect([half, whole, other].map(existsSync)).toEqual([false, true, true]);
  });

  it("is no matter where the engine failed for something else", async () => {
    await file(path.join(locks(), "0a.json"), "");
    const other = Object.assign(Object.create(auto.CommandError.prototype) as Error, {
      message: "error: no such host",
    });
    expect(await removeLeftLocks(stack(), other, runs())).toEqual([]);
  });
});

describe("what killed runs left on this machine", () => {
  const backend = () => `file://${state()}`;
  const engine = () => ({ PULUMI_PROJECT: "vision-platform", PULUMI_BACKEND_URL: backend() });
  const place = (more: Record<string, string> = {}) => ({
    stack: "lab",
    workDir: home,
    env: { ...markOf(home), PULUMI_BACKEND_URL: backend(), ...more },
  });
  const PLUGIN = "/opt/bin/pulumi-resource-kubernetes";

  async function closedPort(): Promise<string> {
    const server = createTcp().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return `127.0.0.1:${port}`;
  }

  it("are plugins whose engine is no more, and what they started", async () => {
    const address = await closedPort();
    const script = `const { spawn } = require("child_process"); const child = spawn(process.execPath, ["-e", "setTimeout(() => 0, 60_000)"], { env: {} }); console.log(child.pid); setTimeout(() => 0, 60_000)`;
    const plugin = spawn(process.execPath, ["-e", script, address], {
      argv0: PLUGIN,
      env: engine(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    started.push(plugin);
    const child = Number(await new Promise<Buffer>((resolve) => plugin.stdout.once("data", resolve)));
    const [found, ...others] = await leftoversAt(place());
    expect(others).toEqual([]);
    expect(leftoverText(found ?? { verb: "end", what: "" })).toMatch(
      new RegExp(
        `^Ended plugins that outlived their engine: pulumi-resource-kubernetes \\(process ${plugin.pid ?? 0}\\), \\S+ \\(process ${child}\\)$`,
      ),
    );
    await found?.clear();
    expect([plugin.pid ?? 0, child].map(startOf)).toEqual([undefined, undefined]);
    expect(await leftoversAt(place())).toEqual([]);
  });

  it.each<[string, () => Promise<{ args: string[]; env?: Record<string, string>; argv0?: string }>]>([
    ["of an engine that is there", () => listening().then((address) => ({ args: [address] }))],
    [
      "of another backend",
      async () => ({ args: [await closedPort()], env: { ...engine(), PULUMI_BACKEND_URL: "file:///x" } }),
    ],
    ["of another project", async () => ({ args: [await closedPort()], env: { ...engine(), PULUMI_PROJECT: "x" } })],
    ["that were told no address", () => Promise.resolve({ args: [] })],
    ["that are none: an editor", async () => ({ args: [await closedPort()], argv0: "/usr/bin/vim" })],
  ])("are not plugins %s", async (_, which) => {
    const { args, env = engine(), argv0 = PLUGIN } = await which();
    await processOf(args, env, argv0);
    expect(await leftoversAt(place())).toEqual([]);
  });

  async function listening(): Promise<string> {
    const script = `const server = require("net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port))`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    started.push(child);
    return `127.0.0.1:${String(await new Promise<Buffer>((resolve) => child.stdout.once("data", resolve))).trim()}`;
  }

  it("are locks that an engine could not finish on a full disk, of a stack that is not even made yet", async () => {
    const scrap = await file(path.join(locks(), "0a.json.18ecf46f9276f34b.tmp"), "", 10_000);
    const [found] = await leftoversAt(place());
    await found?.clear();
    expect([found?.kind, existsSync(scrap)]).toEqual(["notes", false]);
  });

  it("are notes beside the state that keep every engine from reading it", async () => {
    const states = path.join(state(), ".pulumi", "stacks", "vision-platform");
    await file(path.join(states, "lab.json"), "{}");
    const cut = await file(path.join(states, "lab.json.attrs"), "");
    const whole = await file(path.join(states, "lab.json.bak.attrs"), "{}");
    const [found] = await leftoversAt(place());
    expect(found?.kind).toBe("notes");
    await found?.clear();
    expect([cut, whole].map(existsSync)).toEqual([false, true]);
  });
});

describe("operations that a killed run left pending", () => {
  let server: Server;
  let resources: StoredResource[];
  let objects: Record<string, object>;

  beforeEach(async () => {
    objects = {};
    server = createServer((request, response) => {
      const found = objects[request.url ?? ""];
      response.writeHead(found ? 200 : 404).end(JSON.stringify(found ?? { kind: "Status" }));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const kubeconfig = await file(
      path.join(home, "kubeconfig"),
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      }),
    );
    const outputs = { kubeconfig, context: "c" };
    resources = [{ urn: PROVIDER, type: "pulumi:providers:kubernetes", outputs }];
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const PROVIDER = "urn:pulumi:lab::vision-platform::pulumi:providers:kubernetes::cluster";
  const MAP =
    "urn:pulumi:lab::vision-platform::vision-platform:cvat:Cvat$kubernetes:core/v1:ConfigMap::cvat:cvat/settings";
  const operation = (more: Partial<PendingOperation["resource"]> = {}): PendingOperation => ({
    type: "creating",
    resource: {
      urn: MAP,
      type: "kubernetes:core/v1:ConfigMap",
      provider: `${PROVIDER}::0f6e`,
      inputs: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "cvat" } },
      ...more,
    },
  });
  const PATH = "/api/v1/namespaces/cvat/configmaps/settings";

  it("are looked for in the cluster that the state names", async () => {
    const text = async (one = operation()) => {
      const [pending] = await pendingIn({ deployment: { resources, pending_operations: [one] } });
      return pending && pendingText(pending);
    };
    expect(await text()).toBe("CVAT, ConfigMap settings was being made: it is not there, and the next up makes it.");
    objects[PATH] = { metadata: { managedFields: [{ manager: "vision-platform", operation: "Apply" }] } };
    expect(await text()).toMatch(/: it is there, and the next up takes it over\.$/);
    objects[PATH] = { metadata: { managedFields: [{ manager: "kubectl", operation: "Apply" }] } };
    expect(await text()).toMatch(/: one is there that is not the stack's: /);
    resources.push({ urn: MAP, type: "kubernetes:core/v1:ConfigMap" });
    expect(await text()).toMatch(/: the state has it, /);
  });

  it.each<[string, Partial<PendingOperation["resource"]>]>([
    ["a record", { type: "vision-platform:cvat:Webhook" }],
    ["a kubeconfig that is a secret", { provider: `${PROVIDER}-sealed::1` }],
    ["a provider that the state does not know", { provider: "urn:pulumi:lab::x::pulumi:providers:kubernetes::y::1" }],
  ])("are not looked for with %s", async (_, more) => {
    objects[PATH] = { metadata: {} };
    const outputs = { kubeconfig: { "4dabf18193072939515e22adb298388d": "x" }, context: "c" };
    resources.push({ urn: `${PROVIDER}-sealed`, type: "pulumi:providers:kubernetes", outputs });
    const [pending] = await pendingIn({ deployment: { resources, pending_operations: [operation(more)] } });
    expect(pending?.found).toBe("not looked at");
  });

  it("are no cause for the engine's advice to look at AWS", async () => {
    const warning = `Attempting to deploy or update resources with 1 pending operations from previous deployment.\n  * ${MAP}, interrupted while creating\nThese resources are in an unknown state because the Pulumi CLI was interrupted`;
    expect(withoutAdvice(warning)).toBe(
      "A run that was killed had this under way, and the next up does it again: ConfigMap settings (creating).",
    );
    expect(await afterPending({} as unknown as auto.Stack, ["another"])).toEqual(["another"]);
  });
});

describe("a run that is stopped", () => {
  const urn = (name: string) => `urn:pulumi:lab::p::kubernetes:core/v1:Secret::cvat:cvat/${name}`;
  const pre = (name: string, op = "update"): EngineEvent =>
    ({
      resourcePreEvent: { metadata: { op, urn: urn(name), type: "kubernetes:core/v1:Secret" } },
    }) as unknown as EngineEvent;
  const post = (name: string, op = "update"): EngineEvent =>
    ({
      resOutputsEvent: { metadata: { op, urn: urn(name), type: "kubernetes:core/v1:Secret" } },
    }) as unknown as EngineEvent;

  it.each<[string, string, EngineEvent[], string]>([
    [
      "up",
      "nothing yet",
      [pre("a", "same"), post("a", "same")],
      "Stopped. Nothing was changed yet. Run up again: it goes on from there.",
    ],
    [
      "up",
      "what was done",
      [pre("a"), post("a")],
      "Stopped. 1 object was changed, and nothing was under way any more. Run up again: it goes on from there.",
    ],
    [
      "up",
      "what was under way",
      [pre("a"), post("a"), pre("b", "create"), post("b", "create"), pre("c"), pre("d", "create")],
      "Stopped. 2 objects were changed, 2 were under way and may be done or not: Secret c, Secret d. Run up again: it goes on from there.",
    ],
    [
      "destroy",
      "what is gone",
      [pre("a", "delete"), post("a", "delete"), pre("b", "delete")],
      "Stopped. 1 object was changed, 1 was under way and may be done or not: Secret b. Run destroy again: it goes on from there.",
    ],
    ["preview", "that nothing changed", [pre("a")], "Stopped. A preview changes nothing."],
  ])("%s says %s", (verb, _, events, text) => {
    expect(stoppedText(verb, events)).toBe(text);
  });

  it("names a few of many", () => {
    const events = Array.from("abcdefgh").map((name) => pre(name));
    expect(stoppedText("up", events)).toMatch(
      /No object was changed, 8 were under way .*: (Secret \w, ){4}Secret e and 3 more\./,
    );
  });
});

it.each([
  [400, "0 s"],
  [59_000, "59 s"],
  [61_000, "1 min"],
  [3 * 3_600_000, "3 h"],
  [30 * 3_600_000, "30 h"],
  [50 * 3_600_000, "2 days"],
])("%i ms ago is %s", (milliseconds, text) => {
  expect(ageText(milliseconds)).toBe(text);
});

it("goes on to its end where nobody reads any more what it says", async () => {
  const module = JSON.stringify(path.resolve(import.meta.dirname, "../../automation/lost-reader.ts"));
  const out = path.join(home, "out");
  const script = await file(
    path.join(home, "writer.ts"),
    `import { writeFileSync } from "node:fs"; import { outliveReaders } from ${module}; outliveReaders(); let lines = 0;
     setInterval(() => { process.stdout.write("x\\n"); process.stderr.write("y\\n"); if (++lines === 20) { writeFileSync(${JSON.stringify(out)}, "to its end"); process.exit(0); } }, 20);`,
  );
  await execa("sh", ["-c", `"${process.execPath}" "${RUN_TYPESCRIPT}" "${script}" 2>&1 | head -n 1`]);
  expect(await readFile(out, "utf8")).toBe("to its end");
});
