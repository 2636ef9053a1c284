import { readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import type { Bucket } from "../../automation/data/store/objects.ts";
import { readOutputs } from "../../automation/engine/outputs.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { stackFilePath, readStackFile } from "../../automation/stackfile/stack-file.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import type { CloudStorage } from "../../components/cvat/client/types.ts";
import { hostAndPort } from "../../components/storage/endpoint.ts";
import { draw, drawBroken } from "../data/pictures/draw.ts";
import { startDriftLab, type DriftLab } from "../rehearsal/drift-lab.ts";

let lab: DriftLab;
let bucket: Bucket;

beforeAll(async () => {
  lab = await startDriftLab();
  bucket = await datasets();
});
afterAll(() => lab.end());

it("a prefix is looked at from outside: sound, and with each broken kind", async () => {
  for (let at = 0; at < 30; at += 1)
    await bucket.put(`run/images/${at}.jpg`, await draw("jpeg", { seed: at + 1, ...(at === 7 && { turn: 6 }) }));
  const broken = await drawBroken();
  for (const { name, bytes } of broken) await bucket.put(`broken/${name}`, bytes);

  const sound = await dataset("check", "run");
  expect([sound.exitCode, sound.result]).toMatchObject([
    0,
    {
      source: "datasets/run/",
      verdict: "careful",
      counts: { pictures: { count: 30, turned: 1 } },
      cache: { room: 42 * 2 ** 30 },
    },
  ]);
  const bad = await dataset("check", "broken", "--deep");
  const found = bad.result["findings"] as { kind: string; count: number }[];
  expect(bad.exitCode).toBe(3);
  const kinds = broken.flatMap(({ problem }) => problem ?? []);
  for (const kind of new Set(kinds))
    expect([kind, found.find((one) => one.kind === kind)?.count]).toEqual([
      kind,
      kinds.filter((one) => one === kind).length,
    ]);
});

it("a manifest is written beside the pictures, and named in the stack file and in CVAT by one run of just that", async () => {
  const before = await storage();
  expect(before.manifests).toEqual([]);
  const { exitCode, result } = await dataset("manifest", "run");
  expect([exitCode, result]).toMatchObject([0, { pictures: 30, read: 30, written: true, namedIn: ["datasets"] }]);
  const lines = (await bucket.range("run/manifest.jsonl", 0, 100_000)).toString().split("\n");
  expect(lines.find((line) => line.includes('"images/7"'))).toMatch(
    /^\{"name":"images\/7","extension":".jpg","width":48,"height":64,/,
  );

  expect((await storage()).manifests).toEqual(["run/manifest.jsonl"]);
  expect(await readFile(fileOf(), "utf8")).toContain("- run/manifest.jsonl");
  // Nothing else was touched, and nothing is left to do.
  const { counts } = await lab.run("preview");
  expect(Object.keys(counts)).toEqual(["same"]);

  expect((await dataset("manifest", "run")).result).toMatchObject({
    unchanged: true,
    read: 0,
    written: false,
    namedIn: [],
  });
  await bucket.put("more/a.png", await draw("png"));
  expect((await dataset("manifest", "more")).result).toMatchObject({ written: true, namedIn: ["datasets"] });
  expect([...(await storage()).manifests].sort()).toEqual(["more/manifest.jsonl", "run/manifest.jsonl"]);
});

it("a broken picture is told, and nothing is written", async () => {
  const { exitCode, stderr } = await dataset("manifest", "broken");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("pictures have no size that can be read, so no manifest was written");
  expect(await bucket.stat("broken/manifest.jsonl")).toBeUndefined();
});

const folderOf = () => path.join(lab.home.folder, "stack");
const fileOf = () => stackFilePath(folderOf(), "lab");

async function dataset(...words: readonly string[]) {
  const flags = ["--stack", "lab", "--folder", folderOf(), "--json"];
  const program = path.join(PROJECT_FOLDER, "automation/bin.mjs");
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, "dataset", ...words, ...flags], {
    env: lab.rehearsal().env,
    reject: false,
  });
  return { exitCode, stderr, result: (stdout === "" ? {} : JSON.parse(stdout)) as Record<string, unknown> };
}

async function storage(): Promise<CloudStorage> {
  const found = await (await lab.cvat()).list<CloudStorage>("cloudstorages");
  const one = found.find(({ display_name }) => display_name === "datasets");
  if (!one) throw new Error("CVAT has no cloud storage datasets");
  return one;
}

async function datasets(): Promise<Bucket> {
  const { store } = await soundPlan(await readStackFile(fileOf()));
  const { secrets } = (await readOutputs(lab.rehearsal().stack, { showSecrets: true })) as {
    secrets: { objectStore: Record<string, { accessKey: string; secretKey: string }> };
  };
  const [person] = store?.persons ?? [];
  const keys = secrets.objectStore[person?.username ?? ""];
  if (!store || !keys) throw new Error("nobody has a key of the store");
  const { machine, s3 } = store;
  const place = {
    server: hostAndPort(machine),
    tls: machine.tls,
    region: s3.region,
    user: keys.accessKey,
    password: keys.secretKey,
  };
  return bucketOf(place, "datasets");
}
