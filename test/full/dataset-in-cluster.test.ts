import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BatchV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { dataLab, type DataLab } from "../../automation/data/connect/lab.ts";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import type { Store } from "../../automation/data/store/objects.ts";
import { silentProgress } from "../../automation/progress.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { draw, drawBroken } from "../data/pictures/draw.ts";
import { startDriftLab, type DriftLab } from "../rehearsal/drift-lab.ts";

const NAMESPACE = "cvat";
const IMAGE = `registry.example/library/node:22-bookworm-slim@sha256:${"1".repeat(64)}`;

let lab: DriftLab;
let data: DataLab;
let bucket: Store;
let temporary: Store;
let secret: string;
let batch: BatchV1Api;
let core: CoreV1Api;
const seen: string[] = [];

beforeAll(async () => {
  lab = await startDriftLab();
  Object.assign(process.env, engine());
  await named(IMAGE);
  data = await dataLab({ stack: "lab", folder: folderOf() }, silentProgress);
  const { place, name } = await data.place("datasets");
  secret = place.password;
  bucket = bucketOf(place, name);
  temporary = bucketOf(place, (await data.place("cvat")).name);
  const config = new KubeConfig();
  config.loadFromFile(lab.rehearsal().cluster.kubeconfig);
  batch = config.makeApiClient(BatchV1Api);
  core = config.makeApiClient(CoreV1Api);
  for (let at = 0; at < 120; at += 1) {
    await bucket.put(`run/images/${at}.jpg`, await draw("jpeg", { seed: at + 1, ...(at % 9 === 7 && { turn: 6 }) }));
    if (at % 3 > 0) await bucket.put(`run/labels/${at}.txt`, Buffer.from(`${at % 4} 0.5 0.5 0.1 0.1\n`));
  }
  for (const { name, bytes } of await drawBroken()) await bucket.put(`broken/${name}`, bytes);
});
afterAll(async () => {
  for (const name of Object.keys(engine())) Reflect.deleteProperty(process.env, name);
  await data.close();
  await lab.end();
});

const folderOf = () => path.join(lab.home.folder, "stack");
const engine = () => {
  const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
  return { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE };
};

/** Has the stack file name an image of Node. */
async function named(image: string | undefined): Promise<void> {
  const file = stackFilePath(folderOf(), "lab");
  const document = parseDocument(await readFile(file, "utf8"));
  if (image === undefined) document.deleteIn(["config", "vision-platform:images"]);
  else document.setIn(["config", "vision-platform:images"], { node: image });
  await writeFile(file, document.toString());
}

const start = (...words: readonly string[]) =>
  execa(
    process.execPath,
    [path.join(PROJECT_FOLDER, "automation/bin.mjs"), "dataset", ...words, "--stack", "lab", "--folder", folderOf(), "--json"],
    { reject: false, stdin: "ignore" },
  );

async function dataset(...words: readonly string[]) {
  const { exitCode, stdout, stderr } = await start(...words);
  seen.push(stdout, stderr);
  return { exitCode, stderr, stdout };
}

/** What is left in the cluster and in the bucket. */
async function left(): Promise<string[]> {
  const jobs = (await batch.listNamespacedJob({ namespace: NAMESPACE, labelSelector: "vision-platform/data-work" })).items;
  const of = { namespace: NAMESPACE, labelSelector: "vision-platform/data-work" };
  const gone = async () =>
    [(await core.listNamespacedPod(of)).items, (await core.listNamespacedSecret(of)).items, (await core.listNamespacedConfigMap(of)).items].flat();
  let others = await gone();
  // What a Job owns goes a moment after it.
  for (let look = 0; look < 50 && others.length > 0 && jobs.length === 0; look += 1) {
    await pause(200);
    others = await gone();
  }
  const keys: string[] = [];
  for await (const { key } of temporary.list(data.temporary)) keys.push(key);
  return [...jobs, ...others].map(({ metadata }) => metadata?.name ?? "").concat(keys);
}

describe("in the cluster", () => {
  it("a check says what it says here, in one pod and in some, with every pixel too", async () => {
    for (const [prefix, more] of [["run", []], ["broken", ["--deep"]]] as const) {
      const here = await dataset("check", prefix, ...more);
      for (const pods of ["1", "3", "7"]) {
        const there = await dataset("check", prefix, ...more, "--in-cluster", "--parallel", pods);
        expect([there.stdout, there.exitCode], there.stderr).toEqual([here.stdout, here.exitCode]);
      }
    }
    expect(await left()).toEqual([]);
  });
});
