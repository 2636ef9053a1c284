import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PatchStrategy, type V1Deployment } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { cacheFolder } from "../../automation/cache.ts";
import { processesOf } from "../../automation/runs/belonging.ts";
import { kill } from "../../automation/processes.ts";
import { copyProjectFile } from "../../automation/stackfile/project-file.ts";
import { startLab, type Lab } from "./harness.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");
const PASSPHRASE = "passphrase of the command line's test";

/** A small lab: ClearML alone. */
const SMALL = {
  "vision-platform:cvat": { enabled: false },
  "vision-platform:clearml": { addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" } },
};

let folder: string;
let lab: Lab;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-cli-"));
  await copyProjectFile(PROJECT, folder);
  // A cache of its own: the rehearsals of others are none of this test's.
  await mkdir(path.join(folder, "cache"));
  await symlink(path.join(cacheFolder(), "tools"), path.join(folder, "cache", "tools"));
  await mkdir(path.join(folder, "state"));
  await mkdir(path.join(folder, "tmp"));
  lab = await startLab({ cvat: { enabled: false } });
  await lab.prepare();
});
afterAll(async () => {
  for (const name of await rehearsals()) await cli("rehearse", "--down", "--stack", name);
  await lab.end();
  await rm(folder, { recursive: true, force: true });
});

describe("a person's own stack, on a cluster", () => {
  const own = (...args: string[]) => cli(...args, "--stack", "own");

  beforeAll(() => write("own"));

  it("is not made by a verb that only reads", async () => {
    const { stdout, stderr, exitCode } = await own("outputs");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toMatch(
      /There is no stack own in this backend\. Make it first: npm run platform -- up --stack own$/,
    );
  });

  it("says what to set when the engine knows no passphrase", async () => {
    const { stderr, exitCode } = await spawn(["up", "--stack", "own"], { PULUMI_CONFIG_PASSPHRASE: undefined });
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/PULUMI_CONFIG_PASSPHRASE/);
    expect(stderr).not.toMatch(/please report it/);
  });

  it("is stopped in the middle of up by Ctrl-C: 130, no lock and no process, and the next up goes on", async () => {
    const running = start(["up", "--stack", "own"]);
    while (!(await atWork(folder))) await pause(100);
    running.kill("SIGINT");
    const { stdout, stderr, exitCode } = await running;
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 130 });
    expect(stderr).toMatch(
      /\nStopped\. (\d+ objects? (was|were)|No object was|Nothing was) .*Run up again: it goes on from there\.$/,
    );
    expect(await locks(folder)).toEqual([]);
    expect(processesOf(path.join(folder, "cache", "runs"))).toEqual([]);
  });

  it("is ended in order by a terminal that is closed: 129, no lock and no process", async () => {
    const running = onTerminal(["up", "--stack", "own"]);
    while (!(await atWork(folder))) await pause(100);
    running.stdin.write("close\n");
    expect((await running).exitCode).toBe(129);
    expect(await locks(folder)).toEqual([]);
    expect(processesOf(path.join(folder, "cache", "runs"))).toEqual([]);
  });

  it("is cleared by recover after it was killed, which changes nothing else, and says so once", async () => {
    const running = start(["up", "--stack", "own"]);
    while (!(await atWork(folder))) await pause(100);
    kill(running.pid ?? 0);
    for (const { pid, words } of processesOf(path.join(folder, "cache", "runs"))) if (words.includes("up")) kill(pid);
    await running;
    expect(await locks(folder)).toHaveLength(1);
    const looked = await own("recover", "--dry-run");
    expect(looked.stdout).toMatch(/^ {2}Would remove what a killed run left: own-[0-9a-f]{8}\.$/m);
    expect(await locks(folder)).toHaveLength(1);
    const { stdout, exitCode } = await own("recover", "--json");
    expect(exitCode).toBe(0);
    const { cleared, left } = JSON.parse(stdout) as { cleared: { kind: string; text: string }[]; left: [] };
    expect({ kinds: cleared.map(({ kind }) => kind), left }).toMatchObject({
      kinds: expect.arrayContaining(["run", "lock"]) as string[],
      left: [],
    });
    expect(await locks(folder)).toEqual([]);
    expect(processesOf(path.join(folder, "cache", "runs"))).toEqual([]);
    expect((await own("recover")).stdout).toBe("own: no killed run left anything; there was nothing to do.");
  });

  it("goes up, and up says what to do next", async () => {
    const { stdout, stderr, exitCode } = await own("up");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^own: \d+ created/);
    expect(stdout).toContain("http://192.0.2.40");
    expect(stdout).toMatch(/\nPasswords: npm run platform -- outputs --stack own --show-secrets$/);
    expect(stderr).toMatch(/✓ Bringing up stack own/);
  });

  it("changes nothing on a second up, which gives one JSON document", async () => {
    const { stdout, exitCode } = await own("up", "--json", "--parallel", "4");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: "own", changes: [], outputs: { secrets: "[secret]" } });
  });

  it("has no drift: 0; with an annotation by hand 3, as JSON and as a report, and a fix by name brings it back", async () => {
    const clean = await own("drift", "--json");
    expect(clean.exitCode, clean.stderr).toBe(0);
    expect(JSON.parse(clean.stdout)).toMatchObject({ stack: "own", changed: [], gone: [], unchecked: [] });

    const where = { name: "clearml-apiserver", namespace: "clearml", annotations: { mine: "<@me>" } };
    const patch = { apiVersion: "apps/v1", kind: "Deployment", metadata: where };
    await lab
      .client()
      .patch(patch, undefined, undefined, "kubectl-annotate", undefined, PatchStrategy.StrategicMergePatch);
    const report = path.join(folder, "drift.md");
    const found = await own("drift", "--report", report);
    expect(found.exitCode).toBe(3);
    expect(found.stdout).toMatch(/^Drift: 1 changed \(by kubectl-annotate\), of \d+ that were checked\.\n/);
    expect(await readFile(report, "utf8")).toMatch(
      /^## Drift of own\n\n\*\*Drift: 1 changed [^]*\n\| `metadata\.annotations\.mine` \| `\+ <@me>` \|/,
    );

    const unasked = await own("drift", "--fix");
    expect(unasked).toMatchObject({ stdout: "", exitCode: 2 });
    expect(unasked.stderr).toMatch(/run it in a terminal, or with --yes own\.$/);
    expect((await own("drift", "--fix", "--yes", "other")).exitCode).toBe(2);
    const fixed = await own("drift", "--fix", "--yes", "own", "--json");
    expect(fixed.exitCode, fixed.stderr).toBe(0);
    expect(JSON.parse(fixed.stdout)).toMatchObject({ repaired: true, problems: [], changed: [] });
    expect(
      (await lab.get("apps/v1", "Deployment", "clearml-apiserver", "clearml")).metadata?.annotations?.["mine"],
    ).toBeUndefined();
  });

  it("shows passwords only when asked", async () => {
    const { secrets } = JSON.parse((await own("outputs", "--json", "--show-secrets")).stdout) as {
      secrets: { clearml: { password?: string }[] };
    };
    const text = JSON.stringify(secrets);
    const [password = ""] = /(?<="password":")[^"]+/.exec(text) ?? /(?<="admin":")[^"]+/.exec(text) ?? [];
    expect(password).toHaveLength(24);
    const { stdout, stderr, exitCode } = await own("outputs");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^clearml\.webUrl +http:\/\/192\.0\.2\.40$/m);
    expect(stdout + stderr).not.toContain(password);
    expect((await own("outputs", "--show-secrets")).stdout).toContain(password);
  });

  it("is previewed: 3 when it would change, with a report, and 0 when not", async () => {
    const report = path.join(folder, "preview.md");
    expect((await own("preview", "--exit-code")).exitCode).toBe(0);
    await write("own", { image: { tag: "2.0.0-614" }, allowUnknownVersions: true });
    const { stdout, exitCode } = await own("preview", "--exit-code", "--report", report, "--json");
    expect(exitCode).toBe(3);
    expect((JSON.parse(stdout) as { changes: unknown[] }).changes).toHaveLength(4);
    const text = await readFile(report, "utf8");
    expect(text).toMatch(/^## Preview of own\n\n\*\*\S.*4 objects change, \d rollouts.*\*\*\n/);
    expect(text).toMatch(/\n\| `Deployment clearml-apiserver` \| `\S+` \| `\S+:2\.0\.0-614` \|\n/);
    expect(text).toMatch(/<summary>&#126; update Deployment clearml-apiserver · ClearML<\/summary>\n\n```diff\n/);
    const whole = path.join(folder, "preview.json");
    await own("preview", "--report", whole);
    const { verdict, objects } = JSON.parse(await readFile(whole, "utf8")) as { verdict: string; objects: object[] };
    expect(text).toContain(verdict);
    expect(objects).toHaveLength(4);
    await write("own");
  });

  it("is reported as far as it was seen where the preview fails, with the conflict", async () => {
    const report = path.join(folder, "failed.md");
    const server = await lab.get<V1Deployment>("apps/v1", "Deployment", "clearml-apiserver", "clearml");
    const name = server.spec?.template.spec?.containers[0]?.name ?? "";
    const { image = "" } = server.spec?.template.spec?.containers[0] ?? {};
    const where = { name: "clearml-apiserver", namespace: "clearml" };
    const setImage = (wanted: string) => {
      const spec = { template: { spec: { containers: [{ name, image: wanted }] } } };
      const patch = { apiVersion: "apps/v1", kind: "Deployment", metadata: where, spec };
      return lab
        .client()
        .patch(patch, undefined, undefined, "kubectl-set", undefined, PatchStrategy.StrategicMergePatch);
    };
    await setImage("registry.example/by-hand:1");
    await write("own", { image: { tag: "2.0.0-614" }, allowUnknownVersions: true });
    const { exitCode, stderr } = await own("preview", "--report", report);
    expect(exitCode).toBe(1);
    const text = await readFile(report, "utf8");
    expect(text).toMatch(/^## Preview of own\n\n\*\*Not all was seen: the preview failed\. /);
    expect(text).toMatch(/\n### Why it failed\n\n```text\n[^]*kubectl-set[^]*\n```\n/);
    expect(stderr).toContain("kubectl-set");
    await setImage(image);
    await write("own");
  });

  describe("from a script of one's own", () => {
    const script = async (file: string, ...args: string[]) => {
      const words = ["loader/run.mjs", file, "own", folder, ...args];
      const { stdout, stderr, exitCode } = await execa(process.execPath, words, surroundings());
      return { stdout, stderr, exitCode };
    };

    it("is previewed, brought up and looked at for drift, as docs/scripts.md shows it", async () => {
      const { stdout, exitCode } = await script("examples/night.ts");
      expect({ stdout, exitCode }).toEqual({
        stdout: "Routine: nothing changes.\n0 objects updated.\n0 objects changed by hand, 0 gone.",
        exitCode: 0,
      });
    });

    it("is left as it is when the script aborts: what was begun ends, and no lock or process stays", async () => {
      await write("own", { image: { tag: "2.0.0-614" }, allowUnknownVersions: true });
      const { stdout, stderr, exitCode } = await script("test/rehearsal/aborting.ts");
      expect(stderr).toBe("");
      expect(stdout).toMatch(
        /^before: Stopped\. Nothing was changed .+\nin the middle: Stopped\. .+\ndrift: Stopped\. .+$/,
      );
      expect(exitCode).toBe(0);
      expect(await locks(folder)).toEqual([]);
      expect(processesOf(path.join(folder, "cache", "runs"))).toEqual([]);
      await write("own");
    });
  });

  it("is not destroyed unasked, and a dry run only tells", async () => {
    const unasked = await own("destroy");
    expect(unasked).toMatchObject({ stdout: "", exitCode: 2 });
    expect(unasked.stderr).toMatch(/run it in a terminal, or with --yes\.$/);
    const dry = await own("destroy", "--dry-run");
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout).toMatch(/own: \d+ objects would be removed, \d+ with data stay:/);
    expect(await lab.list("apps/v1", "Deployment", "clearml")).not.toEqual([]);
  });

  it("is destroyed when told, keeps data, and destroy says how to take it back", async () => {
    const { stdout, exitCode } = await own("destroy", "--yes");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/own: \d+ objects were removed, \d+ with data stay:\n/);
    expect(stdout).toMatch(/\nTake it back: npm run platform -- up --stack own$/);
    expect(await lab.list("apps/v1", "Deployment", "clearml")).toEqual([]);
    expect(await lab.list("v1", "PersistentVolumeClaim", "clearml")).not.toEqual([]);
  });

  it("no verb has left a temporary file, such as the plugin's copies of the kubeconfig, nor anything of its runs", async () => {
    expect(await readdir(path.join(folder, "tmp"))).toEqual([]);
    expect(await readdir(path.join(folder, "cache", "runs"))).toEqual([]);
  });
});

describe("rehearse", () => {
  const rehearse = (stack: string, ...args: string[]) => cli("rehearse", "--stack", stack, ...args);

  beforeAll(async () => {
    for (const stack of ["kept", "passing", "half"]) await write(stack);
  });

  it("keeps one, again brings it up to date, and another goes up and down beside it", async () => {
    const first = await rehearse("kept", "--keep", "--json");
    expect(first.exitCode).toBe(0);
    const { kubeconfig } = JSON.parse(first.stdout) as { kubeconfig: string };
    expect(await namespaces(kubeconfig)).toContain("clearml");

    await write("kept", { storage: { redis: "6Gi" } });
    const [again, beside] = await Promise.all([rehearse("kept", "--keep", "--json"), rehearse("passing")]);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ kubeconfig, counts: { update: 1 } });
    expect(beside.exitCode, beside.stderr).toBe(0);
    expect(beside.stdout).toMatch(/passing: \d+ objects are on the API server/);
    expect(await rehearsals()).toEqual(["kept"]);
  });

  it("killed in the middle of up, is cleaned up by the next run; a kept one goes on", async () => {
    await killedInUp("half", "--keep");
    await killedInUp("passing");
    const left = await rehearsals();
    expect(left).toEqual(["half", "kept", expect.stringMatching(/^passing-/)]);

    const { stdout, stderr, exitCode } = await rehearse("half", "--keep");
    expect(stderr).toMatch(/^Removed what a killed rehearsal left: passing-/m);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/Left running\. .*\nEnd it: npm run rehearse -- --stack half --down$/);
    expect(await rehearsals()).toEqual(["half", "kept"]);
    expect(processesOf(path.join(folder, "cache", "rehearsals", left.at(-1) ?? ""))).toEqual([]);
  });

  it("--down ends the kept one: no process and no file is left", async () => {
    const home = path.join(folder, "cache", "rehearsals", "kept");
    expect(processesOf(home).length).toBeGreaterThan(4);
    expect(await rehearse("kept", "--down", "--json")).toMatchObject({
      stdout: '{\n  "ended": "kept"\n}',
      exitCode: 0,
    });
    expect(processesOf(home)).toEqual([]);
    expect(await rehearsals()).toEqual(["half"]);
    expect((await rehearse("kept", "--down")).exitCode).toBe(1);
  });
});

/** Writes a stack file in the test's folder. */
async function write(stack: string, clearml: Record<string, unknown> = {}): Promise<void> {
  const paths = Object.fromEntries(lab.rehearsal().charts.map((chart) => [chart.name, chart.path]));
  const section = { ...SMALL["vision-platform:clearml"], ...clearml };
  const config = { ...SMALL, "vision-platform:clearml": section, "vision-platform:charts": { paths } };
  await writeFile(path.join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
}

/** The program's own process, with a backend, a passphrase and a cluster as a person's environment has them. */
function start(args: readonly string[], env: Record<string, string | undefined> = {}) {
  return execa(process.execPath, ["automation/bin.mjs", ...args, "--folder", folder], surroundings(env));
}

/** The same, on a terminal that is closed once it is told a line. */
function onTerminal(args: readonly string[]) {
  const terminal = path.join(import.meta.dirname, "closed-terminal.py");
  const words = [terminal, process.execPath, "automation/bin.mjs", ...args, "--folder", folder];
  return execa("python3", words, { ...surroundings(), stdin: "pipe" });
}

function surroundings(env: Record<string, string | undefined> = {}) {
  return {
    cwd: PROJECT,
    env: {
      VISION_PLATFORM_CACHE: path.join(folder, "cache"),
      PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      PULUMI_HOME: path.join(folder, "pulumi"),
      KUBECONFIG: lab.rehearsal().cluster.kubeconfig,
      TMPDIR: path.join(folder, "tmp"),
      ...env,
    },
    reject: false,
    stdin: "ignore",
  } as const;
}

async function spawn(args: readonly string[], env: Record<string, string | undefined> = {}) {
  const { stdout, stderr, exitCode } = await start(args, env);
  expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(stdout + stderr).not.toContain(PASSPHRASE);
  return { stdout, stderr, exitCode };
}

const cli = (...args: string[]) => spawn(args);

/** Starts a rehearsal and kills it, and its engine, while the engine is at work. */
async function killedInUp(stack: string, ...args: string[]): Promise<void> {
  const before = await rehearsals();
  const running = start(["rehearse", "--stack", stack, ...args]);
  const end = Date.now() + 120_000;
  for (;;) {
    const name = (await rehearsals()).find((one) => one === stack || !before.includes(one));
    const home = path.join(folder, "cache", "rehearsals", name ?? "");
    if (name !== undefined && (await atWork(home))) {
      kill(running.pid ?? 0);
      for (const { pid, words } of processesOf(home)) if (words.includes("up")) kill(pid);
      break;
    }
    if (Date.now() > end) throw new Error(`${stack}: the engine did not begin`);
    await pause(100);
  }
  expect((await running).signal).toBe("SIGKILL");
}

/** Whether the engine holds its lock and has begun to make workloads. */
async function atWork(home: string): Promise<boolean> {
  const state = path.join(home, "state", ".pulumi");
  const files = await readdir(state, { recursive: true, withFileTypes: true }).catch(() => []);
  const written = files.filter((file) => file.isFile() && file.name.endsWith(".json"));
  const stacks = written.filter(({ parentPath }) => parentPath.startsWith(path.join(state, "stacks")));
  const texts = await Promise.all(stacks.map((file) => readFile(path.join(file.parentPath, file.name), "utf8")));
  return (
    written.some(({ parentPath }) => parentPath.startsWith(path.join(state, "locks"))) &&
    texts.some((text) => text.includes("kubernetes:apps/v1:"))
  );
}

async function locks(home: string): Promise<string[]> {
  const entries = await readdir(path.join(home, "state", ".pulumi", "locks"), { recursive: true });
  return entries.filter((name) => name.endsWith(".json"));
}

async function rehearsals(): Promise<string[]> {
  const names = await readdir(path.join(folder, "cache", "rehearsals")).catch(() => []);
  return names.filter((name) => !name.startsWith(".")).sort();
}

async function namespaces(kubeconfig: string): Promise<string> {
  const program = lab.rehearsal().tools.find(({ name }) => name === "kubectl")?.path ?? "";
  return (await execa(program, ["get", "namespaces", "-o", "name"], { env: { KUBECONFIG: kubeconfig } })).stdout;
}
