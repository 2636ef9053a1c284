import { readdir, readFile, stat, writeFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { stateOf } from "../../automation/engine/state.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { silentProgress } from "../../automation/progress.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { GeneratedText } from "../../components/secrets/generated.ts";
import { engineIn, type TestEngine } from "./engine.ts";

let home: Home;
let engine: TestEngine;
let file: string;
/** The generated passwords. */
let made: string[];
const program = () => {
  new GeneratedText("password", { length: 24 }, { provider: new OwnProvider("own") });
  return Promise.resolve({});
};
const FILE_PASSPHRASE = "a passphrase of the file";
const TOKEN = "canary-token-9f";

beforeAll(async () => {
  home = await createHome(freshName("backup-stack"), { kept: false });
  const tools = await obtainTools(ENGINE_PROGRAMS, { progress: silentProgress });
  const names = { project: "vision-platform", stack: "own" };
  const env = { VISION_PLATFORM_CACHE: path.join(home.folder, "cache") };
  engine = await engineIn({ folder: home.folder, tools, names, env, program });
  const kubeconfig = path.join(home.folder, "kubeconfig");
  await writeFile(
    kubeconfig,
    stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "lab" },
      clusters: [{ name: "lab", cluster: { server: "https://192.0.2.10:6443" } }],
      users: [{ name: "ada", user: { token: TOKEN } }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: "ada" } }],
    }),
  );
  const config = {
    "vision-platform:cluster": { kubeconfig },
    "vision-platform:cvat": { enabled: false },
    "vision-platform:clearml": { enabled: false },
  };
  const stackFile = path.join(home.folder, "stack", "Pulumi.own.yaml");
  // The engine keeps its salt there.
  await writeFile(stackFile, `${await readFile(stackFile, "utf8")}${stringify({ config })}`);
  await engine.run("up");
  made = await valuesOf(engine.stack);
  await writeFile(path.join(home.folder, "words"), `${FILE_PASSPHRASE}\n`);
  file = path.join(home.folder, "own.age");
});
afterAll(() => removeHome(home.folder));

const valuesOf = async (stack: TestEngine["stack"]) =>
  (await stateOf(stack)).flatMap(({ outputs }) => (typeof outputs["value"] === "string" ? [outputs["value"]] : []));

/** The verb's own process. Whatever it says, no secret is in it. */
async function backup(args: readonly string[], env: Record<string, string | undefined> = {}) {
  const ran = await execa(process.execPath, ["automation/bin.mjs", "backup", ...args], {
    cwd: PROJECT_FOLDER,
    env: { ...engine.stack.workspace.envVars, ...env },
    reject: false,
    stdin: "ignore",
  });
  for (const secret of [TOKEN, FILE_PASSPHRASE, ...made]) expect(ran.stdout + ran.stderr).not.toContain(secret);
  expect(ran.stdout + ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  return ran;
}

const words = () => ["--passphrase-file", path.join(home.folder, "words")];
/** A machine that has nothing of the stack. */
async function elsewhere(name: string) {
  const folder = path.join(home.folder, name);
  await mkdir(path.join(folder, "state"), { recursive: true });
  await mkdir(path.join(folder, "stack"), { recursive: true });
  return { folder, stack: path.join(folder, "stack"), env: { PULUMI_BACKEND_URL: `file://${folder}/state` } };
}

describe("the stack in one file", () => {
  it("is written for its owner alone, says what is not in it, and is never written over", async () => {
    const asked = ["stack", "--to", file, ...words(), "--stack", "own", "--folder", path.join(home.folder, "stack")];
    const { stdout, stderr, exitCode } = await backup(asked);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(
      /the state of .* UTC: 1 resources, secrets encrypted\n.*the kubeconfig of https:\/\/192\.0\.2\.10:6443/s,
    );
    expect(stdout).toMatch(/Not in it: the stack's passphrase \(PULUMI_CONFIG_PASSPHRASE\)/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = await readFile(file);
    expect(before.includes(TOKEN)).toBe(false);
    const again = await backup(asked);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("--force overwrites it")]);
    expect((await readFile(file)).equals(before)).toBe(true);
    expect((await readdir(home.folder)).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("is put back on another machine: the same passwords, and an up has nothing to do", async () => {
    const other = await elsewhere("other");
    const args = ["open", file, ...words(), "--folder", other.stack];
    const without = await backup(args, { ...other.env, PULUMI_CONFIG_PASSPHRASE: "another" });
    expect([without.exitCode, without.stderr]).toEqual([2, expect.stringContaining("must be the one of then")]);
    expect(await readdir(other.stack)).toEqual([]);

    const { stdout, stderr, exitCode } = await backup(args, other.env);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/own: the state of .*: 1 resources, secrets encrypted is in this backend now\./);
    expect(await readFile(path.join(other.stack, "own.kubeconfig"), "utf8")).toContain(TOKEN);
    const again = await backup(args, other.env);
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining("in this backend already")]);

    const tools = await obtainTools(ENGINE_PROGRAMS, { progress: silentProgress });
    const names = { project: "vision-platform", stack: "own" };
    const there = await engineIn({ folder: other.folder, tools, names, env: other.env, program });
    expect((await there.run("preview")).changes).toEqual([]);
    expect(made.length).toBe(1);
    expect(await valuesOf(there.stack)).toEqual(made);
  });

  it("leaves another state alone, and puts nothing back beside it", async () => {
    const other = await elsewhere("taken");
    const tools = await obtainTools(ENGINE_PROGRAMS, { progress: silentProgress });
    const names = { project: "vision-platform", stack: "own" };
    const taken = await engineIn({ folder: other.folder, tools, names, env: other.env, program });
    await taken.run("up");
    const folder = path.join(home.folder, "empty");
    await mkdir(folder);
    const { stderr, exitCode } = await backup(["open", file, ...words(), "--folder", folder], other.env);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/has a state of \d+ resources in this backend already, which is another\. It stays/);
    expect((await readdir(folder)).filter((name) => name !== "Pulumi.yaml")).toEqual([]);
  });
});
