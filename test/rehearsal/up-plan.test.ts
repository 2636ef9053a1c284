import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PatchStrategy, type V1Deployment } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { runEngine } from "../../automation/engine/run.ts";
import { keyOpening, seal } from "../../automation/engine/sealing.ts";
import { judged } from "../../automation/plan/apply.ts";
import { readPlan } from "../../automation/plan/file.ts";
import { SOURCES } from "../../automation/plan/sources.ts";
import type { SavedPlan } from "../../automation/plan/plan.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { silentProgress } from "../../automation/progress.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile } from "../../automation/stackfile/stack-file.ts";
import { startScene, type Lab } from "./harness.ts";

const KINDS: readonly (readonly [string, string])[] = [
  ["apps/v1", "Deployment"],
  ["apps/v1", "StatefulSet"],
  ["v1", "Secret"],
  ["v1", "ConfigMap"],
  ["v1", "Service"],
];
const USERS = ["vision-platform:clearml", "users"];
/** Of somebody who is new: nobody has to be asked to end what the former password opened. */
const PASSWORD = [...USERS, 1, "password"];
const TAG = ["vision-platform:clearml", "image", "tag"];
const CANARY = "canary5f2e8c71d9b04a63";

let folder: string;
let lab: Lab;
let plan: string;
/** The stack file as the lab was brought up with it. */
let asItWas: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-plan-"));
  ({ lab } = await startScene({ cvat: { enabled: false } }));
  plan = path.join(folder, "plan.json");
  asItWas = await readFile(stackFile(), "utf8");
});
afterAll(async () => {
  await lab.end();
  await rm(folder, { recursive: true, force: true });
});

describe("up --plan", () => {
  it("is saved for its owner alone, without a secret, with a digest that anybody can reckon", async () => {
    await set(PASSWORD, CANARY);
    const { exitCode, stdout } = await cli("preview", "--save-plan", plan, "--json");
    expect(exitCode).toBe(0);
    const told = (JSON.parse(stdout) as { plan: { digest: string; changes: number } }).plan;
    const { stdout: sum } = await execa("sha256sum", [plan]);
    expect(sum.slice(0, 16)).toBe(told.digest);
    expect((await stat(plan)).mode & 0o777).toBe(0o600);
    const text = await readFile(plan, "utf8");
    for (const secret of [CANARY, Buffer.from(CANARY).toString("base64").replace(/=*$/, ""), await passphrase()])
      expect(text.includes(secret), "a secret stands in the plan").toBe(false);
    const saved = JSON.parse(text) as SavedPlan;
    expect(saved.steps.length).toBe(told.changes);
    expect(saved.steps.flatMap(({ secrets }) => Object.values(secrets.after))).not.toContain("not seen");
    expect(saved.lab.cluster).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is refused, and nothing is touched, where a secret became another since", async () => {
    const before = await versions();
    await set(PASSWORD, `${CANARY}x`);
    const { exitCode, stdout, stderr } = await cli("up", "--plan", plan);
    expect({ exitCode, stderr: stderr.includes(CANARY) }).toEqual({ exitCode: 3, stderr: false });
    expect(stdout).toMatch(/\S: would be another secret than was reviewed\n/);
    expect(stdout).not.toContain(CANARY);
    expect(await versions()).toEqual(before);
  });

  it("is refused, and nothing is touched, where more or something else would change", async () => {
    const before = await versions();
    await set(PASSWORD, CANARY);
    await set(TAG, "2.0.0-614");
    const { exitCode, stdout } = await cli("up", "--plan", plan, "--json");
    expect(exitCode).toBe(3);
    const { applied, refused } = JSON.parse(stdout) as { applied: boolean; refused: { object: string }[] };
    expect({ applied, objects: refused.map(({ object }) => object) }).toEqual({
      applied: false,
      objects: expect.arrayContaining(["Deployment clearml-apiserver"]) as string[],
    });
    expect(await versions()).toEqual(before);
  });

  it("is refused where somebody changed the file, and where another digest is asked for", async () => {
    await writeFile(stackFile(), asItWas);
    await set(PASSWORD, CANARY);
    const forged = path.join(folder, "forged.json");
    await writeFile(forged, (await readFile(plan, "utf8")).replace(/"operation": "update"/, '"operation": "replace"'));
    const [changed, other] = [
      await cli("up", "--plan", forged),
      await cli("up", "--plan", plan, "--digest", "0".repeat(12)),
    ];
    expect(changed.exitCode).toBe(1);
    expect(changed.stderr).toMatch(/--plan \S+ is not as it was saved: somebody changed it, or made it without the/);
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toMatch(/^--plan \S+ is another plan than --digest names: its digest is [0-9a-f]{16}\.$/);
  });

  it("would be applied from another checkout too", async () => {
    const { exitCode, stdout } = await cliOf(await clone(), ["up", "--plan", plan, "--dry-run"]);
    expect(stdout).toMatch(/\nProgram, stack file, charts and programs are those of the review\.\n/);
    expect(stdout).toMatch(/\nlab: every change was reviewed; up --plan would make \d+\.$/);
    expect(exitCode).toBe(0);
  });

  it("does nothing where somebody changes the stack file between its judgement and the engine's lock", async () => {
    const { stack, tools } = lab.rehearsal();
    const file = await readStackFile(stackFile());
    const opened = { stack, tools, file, plan: await soundPlan(file) };
    const options = { folder: path.dirname(stackFile()), progress: silentProgress, parallel: undefined };
    const { refused, around } = await judged(opened, await readPlan(plan, "lab", undefined), options);
    expect(refused).toEqual([]);
    const [before, text] = [await versions(), await readFile(stackFile(), "utf8")];
    await set(TAG, "2.0.0-614");
    await expect(runEngine(stack, "up", { progress: silentProgress, around })).rejects.toThrow(
      /Nothing was done: run up/,
    );
    expect(await versions()).toEqual(before);
    await writeFile(stackFile(), text);
  });

  it("is applied, and a second time has nothing left to do", async () => {
    const first = await cli("up", "--plan", plan);
    expect(first.stderr).not.toMatch(/Another run/);
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^Plan \S+ \(digest [0-9a-f]{16}\), saved .* ago by .*\nlab: .*updated/ms);
    const again = await cli("up", "--plan", plan);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toMatch(
      /\nThe lab was changed since the review, at 20\S+Z\.\nNeed no change any more: .*Secret /,
    );
    expect(again.stdout).toMatch(/^lab: \d+ unchanged\.$/m);
  });

  it("is refused where a person edited what it would change, and there is no plan of a preview that fails for it", async () => {
    await set(TAG, "2.0.0-614");
    expect((await cli("preview", "--save-plan", plan)).exitCode).toBe(0);
    await byHand("registry.example/by-hand:1");
    const before = await versions();
    const { exitCode, stderr } = await cli("up", "--plan", plan);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("kubectl-set");
    expect(await versions()).toEqual(before);
    const none = path.join(folder, "none.json");
    const preview = await cli("preview", "--save-plan", none);
    expect(preview.exitCode).toBe(1);
    expect(preview.stderr).toMatch(/\nNo plan was saved: the preview failed\.$/);
    await expect(stat(none)).rejects.toThrow(/ENOENT/);
  });
});

const stackFile = () => path.join(lab.home.folder, "stack", "Pulumi.lab.yaml");
const passphrase = () => readFile(path.join(lab.home.folder, "passphrase"), "utf8");

/** Sets a value of the stack file; one at the place of a secret is sealed. */
async function set(at: readonly (string | number)[], value: string): Promise<void> {
  const document = parseDocument(await readFile(stackFile(), "utf8"));
  const place = ["config", ...at];
  if (at !== PASSWORD) {
    document.setIn(["config", "vision-platform:clearml", "allowUnknownVersions"], true);
    document.setIn(place, value);
  } else {
    const key = await keyOpening(await passphrase(), String(document.get("encryptionsalt")));
    if (!document.hasIn(place))
      document.addIn(["config", ...USERS], document.createNode({ username: "anna", name: "Anna Example" }));
    document.setIn(place, document.createNode({ secure: seal(key ?? expect.fail("another passphrase"), value) }));
  }
  await writeFile(stackFile(), document.toString({ lineWidth: 0 }));
}

const cli = (...args: string[]) => cliOf(PROJECT_FOLDER, args);

/** A process of its own, as a person or a runner starts it. */
async function cliOf(checkout: string, args: readonly string[]) {
  const { env } = lab.rehearsal();
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    ["automation/bin.mjs", ...args, "--stack", "lab", "--folder", path.dirname(stackFile())],
    { cwd: checkout, env, reject: false, stdin: "ignore" },
  );
  expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  return { stdout, stderr, exitCode };
}

/** The sources elsewhere. */
async function clone(): Promise<string> {
  const checkout = path.join(folder, "elsewhere");
  await mkdir(checkout);
  for (const name of [...SOURCES.folders, ...SOURCES.files, "charts.lock.yaml", "stack.schema.json"])
    await cp(path.join(PROJECT_FOLDER, name), path.join(checkout, name), { recursive: true });
  await symlink(path.join(PROJECT_FOLDER, "node_modules"), path.join(checkout, "node_modules"));
  return checkout;
}

/** What every object is at: whatever is written to one moves it. Of workloads without their status, which their controllers write. */
async function versions(): Promise<Record<string, unknown>> {
  const lists = await Promise.all(KINDS.map(([apiVersion, kind]) => lab.list(apiVersion, kind, "clearml")));
  return Object.fromEntries(
    lists.flatMap((objects, at) =>
      objects.map(({ metadata }) => {
        const [generation, labels] = [metadata?.generation, metadata?.labels];
        const is = generation === undefined ? metadata?.resourceVersion : { generation, labels };
        return [`${KINDS[at]?.[1]} ${metadata?.name}`, is];
      }),
    ),
  );
}

/** Sets the API server's image as `kubectl set image` does. */
async function byHand(image: string): Promise<void> {
  const where = { name: "clearml-apiserver", namespace: "clearml" };
  const server = await lab.get<V1Deployment>("apps/v1", "Deployment", where.name, where.namespace);
  const name = server.spec?.template.spec?.containers[0]?.name ?? "";
  const spec = { template: { spec: { containers: [{ name, image }] } } };
  const patch = { apiVersion: "apps/v1", kind: "Deployment", metadata: where, spec };
  await lab.client().patch(patch, undefined, undefined, "kubectl-set", undefined, PatchStrategy.StrategicMergePatch);
}
