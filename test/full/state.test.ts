import path from "node:path";
import { execa } from "execa";
import { Client } from "minio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { stateOf } from "../../automation/engine/state.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { silentProgress } from "../../automation/progress.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { ensureMinio, type RunningMinio } from "../../automation/rehearsal/services/minio/row.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { GeneratedText } from "../../components/secrets/generated.ts";
import { engineIn, type TestEngine } from "../rehearsal/engine.ts";

const BUCKET = "states";
const LOCK = ".pulumi/locks/organization/vision-platform/own/0f6e.json";

let home: Home;
let minio: RunningMinio;
let client: Client;
let engine: TestEngine;
let texts = ["first", "second"];
const made = new Set<string>();

/** The variables by which the engine finds its state in MinIO. */
const backend = (query = "&s3ForcePathStyle=true&region=us-east-1", bucket = BUCKET) => ({
  PULUMI_BACKEND_URL: `s3://${bucket}?endpoint=${minio.url}${query}`,
  AWS_ACCESS_KEY_ID: minio.credentials.accessKey,
  AWS_SECRET_ACCESS_KEY: minio.credentials.secretKey,
});

beforeAll(async () => {
  home = await createHome(freshName("state"), { kept: false });
  const tools = await obtainTools([...ENGINE_PROGRAMS, "minio"], { progress: silentProgress });
  minio = await ensureMinio(home.folder, tools);
  const { accessKey, secretKey } = minio.credentials;
  client = new Client({ endPoint: "127.0.0.1", port: minio.port, useSSL: false, accessKey, secretKey });
  await client.makeBucket(BUCKET);
  engine = await engineIn({
    folder: home.folder,
    tools,
    names: { project: "vision-platform", stack: "own" },
    // Packed, as a backend may keep them.
    env: { ...backend(), PULUMI_DIY_BACKEND_GZIP: "true", VISION_PLATFORM_CACHE: path.join(home.folder, "cache") },
    program: () => {
      const provider = new OwnProvider("own");
      for (const name of texts) new GeneratedText(name, { length: 24 }, { provider });
      return Promise.resolve({});
    },
  });
  const config = { "vision-platform:cvat": { enabled: false }, "vision-platform:clearml": { enabled: false } };
  await writeFile(path.join(home.folder, "stack", "Pulumi.own.yaml"), stringify({ config }));
  await up("first", "second");
  await up("first", "third");
});
afterAll(() => removeHome(home.folder));

async function up(...names: string[]) {
  texts = names;
  await engine.run("up");
  for (const { outputs } of await stateOf(engine.stack)) {
    if (typeof outputs["value"] === "string") made.add(outputs["value"]);
  }
}

const known = async () =>
  (await stateOf(engine.stack))
    .map(({ urn }) => urn.split("::").at(-1) ?? "")
    .filter((name) => ["first", "second", "third"].includes(name))
    .sort();

/** The verb's own process. Whatever it says, no secret is in it. */
async function state(args: readonly string[], env: Record<string, string> = {}) {
  const words = ["automation/bin.mjs", "state", ...args, "--stack", "own", "--folder", path.join(home.folder, "stack")];
  const ran = await execa(process.execPath, words, {
    cwd: PROJECT_FOLDER,
    env: { ...engine.stack.workspace.envVars, ...env },
    reject: false,
    stdin: "ignore",
  });
  for (const secret of [...made, minio.credentials.secretKey]) expect(ran.stdout + ran.stderr).not.toContain(secret);
  expect(ran.stdout + ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  return ran;
}

interface Listed {
  states: { id: string; update: string; result: string; resources: number; kept: string[]; isPresent: boolean }[];
}
const list = async () => (JSON.parse((await state(["list", "--json"])).stdout) as Listed).states;

describe("what the engine has kept in a bucket of MinIO", () => {
  let older = "";
  let newer = "";

  it("is listed: after what, how large, and which is the present state", async () => {
    expect(made.size).toBe(3);
    const states = await list();
    expect(states.map(({ update, result, resources, isPresent }) => [update, result, resources, isPresent])).toEqual([
      ["up", "succeeded", 2, true],
      ["up", "succeeded", 2, false],
    ]);
    expect(states[0]?.kept).toEqual(["history", "backup"]);
    [newer = "", older = ""] = states.map(({ id }) => id);
    const { stdout, exitCode } = await state(["list"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`\\n${newer} \\* .* up .* 2 +history and backup +\\d`));
  });

  it("what restoring means is told before, and nothing is done unasked", async () => {
    const dry = await state(["restore", older, "--dry-run"]);
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout).toMatch(
      /1 would be known again, [^]*GeneratedText second [^]*1 were made since, [^]*GeneratedText third /,
    );
    const unasked = await state(["restore", older]);
    expect([unasked.exitCode, unasked.stdout]).toEqual([2, ""]);
    expect(unasked.stderr).toMatch(/run it in a terminal, or with --yes own\. Nothing was changed\.$/);
    expect((await state(["restore", older, "--yes", "other"])).exitCode).toBe(2);
    expect(await known()).toEqual(["first", "third"]);
  });

  it("is not restored while somebody is at work, who is named", async () => {
    const lock = { pid: 4711, username: "ada", hostname: "laptop", timestamp: "2026-11-30T12:31:09Z" };
    await client.putObject(BUCKET, LOCK, JSON.stringify(lock));
    const { exitCode, stderr } = await state(["restore", older, "--yes", "own"]);
    await client.removeObject(BUCKET, LOCK);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /currently locked by 1 lock.* Locked by ada@laptop \(process 4711 since 2026-11-30T12:31:09Z/,
    );
    expect(await known()).toEqual(["first", "third"]);
  });

  it("is restored, and the state of before can be restored again", async () => {
    const { exitCode, stdout, stderr } = await state(["restore", older, "--yes", "own", "--json"]);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ restored: true, before: newer, state: { id: older } });
    expect(await known()).toEqual(["first", "second"]);
    expect((await list()).map(({ isPresent }) => isPresent)).toEqual([false, true]);
    const back = await state(["restore", newer, "--yes", "own"]);
    expect(back.exitCode, back.stderr).toBe(0);
    expect(back.stdout).toContain(`state restore ${older} --stack own`);
    expect(await known()).toEqual(["first", "third"]);
    expect((await state(["restore", newer, "--dry-run"])).stdout).toBe(`${newer} is the present state of own already.`);
  });

  it("is pruned when told, with the bytes it gives back; the newest and the state stay", async () => {
    const dry = await state(["prune", "--keep", "1", "--dry-run"]);
    expect(dry.stdout).toMatch(
      /^own: 1 of 2 kept states would be removed, from .*: \d+ (bytes|kB)\. The newest and the/,
    );
    expect((await state(["prune", "--keep", "1"])).exitCode).toBe(2);
    const { stdout, exitCode } = await state(["prune", "--keep", "1", "--yes", "own", "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ removed: true, states: [older], kept: 1 });
    expect((await list()).map(({ id }) => id)).toEqual([newer]);
    expect(await known()).toEqual(["first", "third"]);
    expect((await state(["restore", "1999"])).stderr).toMatch(/No kept state is called 1999\. The newest are /);
  });

  it("says what is wrong with the backend, and the cure", async () => {
    const missing = await state(["list"], backend(undefined, "nowhere"));
    expect([missing.exitCode, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/NoSuchBucket[^]*mc mb STORE\/BUCKET/),
    ]);
    const key = await state(["list"], { AWS_SECRET_ACCESS_KEY: "another" });
    expect([key.exitCode, key.stderr]).toEqual([
      1,
      expect.stringMatching(/SignatureDoesNotMatch[^]*set AWS_ACCESS_KEY_ID/),
    ]);
    const style = await state(["list"], backend("&region=us-east-1"));
    expect([style.exitCode, style.stderr]).toEqual([1, expect.stringMatching(/no such host[^]*s3ForcePathStyle=true/)]);
  });
});
