import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BatchV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseDocument, stringify } from "yaml";
import { dataLab, type DataLab } from "../../automation/data/connect/lab.ts";
import type { Made } from "../../automation/data/dataset/manifest/make.ts";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import type { Store } from "../../automation/data/store/objects.ts";
import { kill, runningProcesses } from "../../automation/processes.ts";
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
    [
      path.join(PROJECT_FOLDER, "automation/bin.mjs"),
      "dataset",
      ...words,
      "--stack",
      "lab",
      "--folder",
      folderOf(),
      "--json",
    ],
    { reject: false, stdin: "ignore" },
  );

async function dataset(...words: readonly string[]) {
  const { exitCode, stdout, stderr } = await start(...words);
  seen.push(stdout, stderr);
  return { exitCode, stderr, stdout };
}

/** What is left in the cluster and in the bucket. */
async function left(): Promise<string[]> {
  const of = { namespace: NAMESPACE, labelSelector: "vision-platform/data-work" };
  const gone = async () =>
    [
      (await core.listNamespacedPod(of)).items,
      (await core.listNamespacedSecret(of)).items,
      (await core.listNamespacedConfigMap(of)).items,
    ].flat();
  let others = await gone();
  // What a Job owns goes a moment after it.
  for (let look = 0; look < 50 && others.length > 0 && (await jobs()).length === 0; look += 1) {
    await pause(200);
    others = await gone();
  }
  const keys: string[] = [];
  for await (const { key } of temporary.list(data.temporary)) keys.push(key);
  return [...(await jobs()), ...others].map(({ metadata }) => metadata?.name ?? "").concat(keys);
}

const jobs = async () =>
  (await batch.listNamespacedJob({ namespace: NAMESPACE, labelSelector: "vision-platform/data-work" })).items;

/** Looks until there is something. */
async function soon<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let at = 0; at < 3000; at += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(10);
  }
  throw new Error("it did not come");
}

/** Processes of pods that run now. */
const podProcesses = () =>
  runningProcesses().filter(({ words }) => words.some((word) => word.endsWith("/program.mjs")));

describe("in the cluster", () => {
  it("a check says what it says here, in one pod and in some, with every pixel too", async () => {
    for (const [prefix, more] of [
      ["run", []],
      ["broken", ["--deep"]],
    ] as const) {
      const here = await dataset("check", prefix, ...more);
      expect([here.exitCode, here.stdout]).toEqual([
        prefix === "run" ? 0 : 3,
        expect.stringContaining(`"source": "datasets/${prefix}/"`),
      ]);
      for (const pods of ["1", "3", "7"]) {
        const there = await dataset("check", prefix, ...more, "--in-cluster", "--parallel", pods);
        expect([there.stdout, there.exitCode], there.stderr).toEqual([here.stdout, here.exitCode]);
      }
    }
    expect(await left()).toEqual([]);
  });

  it("a manifest has the bytes it has here, the first time, after a change, and where it is there already", async () => {
    const key = "run/manifest.jsonl";
    const bytes = async () => (await bucket.range(key, 0, 1e6)).toString();
    const write = ["manifest", "run", "--no-storage"] as const;
    const here = [await dataset(...write), await dataset(...write)];
    const whole = await bytes();
    expect(here.map(({ stdout }) => (JSON.parse(stdout) as Made).unchanged)).toEqual([false, true]);
    for (const pods of ["1", "3", "7"]) {
      await bucket.remove([key]);
      const inCluster = [...write, "--in-cluster", "--parallel", pods] as const;
      const there = [await dataset(...inCluster), await dataset(...inCluster)];
      expect(there.map(({ stdout, exitCode }) => ({ stdout, exitCode }))).toEqual(
        here.map(({ stdout, exitCode }) => ({ stdout, exitCode })),
      );
      expect(await bytes()).toBe(whole);
    }
    await bucket.put("run/images/00.jpg", await draw("jpeg", { width: 99, height: 11 }));
    expect(JSON.parse((await dataset(...write, "--in-cluster")).stdout)).toMatchObject({ pictures: 121, read: 1 });
    await bucket.remove(["run/images/00.jpg"]);
    expect(await dataset(...write, "--in-cluster")).toMatchObject({ exitCode: 0 });
    expect(await bytes()).toBe(whole);
    const [refused, refusedHere] = [
      await dataset("manifest", "broken", "--in-cluster"),
      await dataset("manifest", "broken"),
    ];
    const problems = (stderr: string) => stderr.slice(stderr.indexOf(" pictures have no size"));
    expect([refused.exitCode, problems(refused.stderr)]).toEqual([1, problems(refusedHere.stderr)]);
    expect(await left()).toEqual([]);
  });

  it("nothing runs for a prefix that is empty", async () => {
    const { exitCode, stderr } = await dataset("check", "nothing", "--in-cluster");
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("datasets/nothing/: there is nothing.")]);
  });

  it("a run that is killed is taken up by the next of the same, and none is left by one that was not", async () => {
    const words = ["check", "run", "--in-cluster", "--parallel", "3"] as const;
    const { stdout: here } = await dataset("check", "run");
    const isComplete = async () =>
      (await jobs()).find(({ status }) => status?.conditions?.some(({ type }) => type === "Complete"));
    const moments: [string, (running: ReturnType<typeof start>) => Promise<unknown>, boolean][] = [
      ["listing", (running) => said(running, "Listing"), false],
      ["a Job there", () => soon(async () => (await jobs())[0]), false],
      ["a pod at work", () => soon(() => podProcesses()[0]), true],
      ["the Job done", () => soon(isComplete), true],
    ];
    for (const [moment, come, isTakenUp] of moments) {
      const running = start(...words);
      await come(running);
      running.kill("SIGKILL");
      await running;
      const again = await dataset(...words);
      expect([moment, again.stdout, again.exitCode]).toEqual([moment, here, 0]);
      if (isTakenUp) expect(again.stderr).toContain("of a run before does this already");
      expect([moment, await left()]).toEqual([moment, []]);
    }
  });

  it("Ctrl-C removes all of it", async () => {
    const running = start("check", "run", "--in-cluster", "--parallel", "2");
    await soon(() => podProcesses()[0]);
    running.kill("SIGINT");
    expect(await running).toMatchObject({ exitCode: 130, stderr: expect.stringContaining("Stopped.") as string });
    expect([await left(), podProcesses()]).toEqual([[], []]);
  });

  it("a pod that dies is begun again, and what comes out is the same; one that dies each time ends the run", async () => {
    const { stdout: here } = await dataset("check", "run");
    const once = start("check", "run", "--in-cluster", "--parallel", "3");
    kill((await soon(() => podProcesses()[0])).pid);
    const { stdout, exitCode } = await once;
    expect([stdout, exitCode]).toEqual([here, 0]);

    const always = start("check", "run", "--in-cluster", "--parallel", "1");
    // A Job waits longer before each next pod: the run is as long as it takes.
    const killing = setInterval(() => {
      for (const { pid } of podProcesses()) kill(pid);
    }, 10);
    const ended = await always.finally(() => clearInterval(killing));
    expect(ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /Job dataset-check-\w+ has failed \(\w+\): pod \S+ says: nothing \(exit code 137\)/,
      ) as string,
    });
    expect(await left()).toEqual([]);
  });

  it("the key stands in a Secret alone: in no Job, no ConfigMap, no command line, no text", async () => {
    const running = start("check", "run", "--in-cluster", "--parallel", "2");
    await soon(() => podProcesses()[0]);
    const of = { namespace: NAMESPACE, labelSelector: "vision-platform/data-work" };
    const shown = [
      await jobs(),
      (await core.listNamespacedConfigMap(of)).items,
      (await core.listNamespacedPod(of)).items,
      podProcesses(),
    ];
    expect((await core.listNamespacedSecret(of)).items.length).toBe(1);
    const { stdout, stderr, exitCode } = await running;
    expect([exitCode, shown.flat().length > 3]).toEqual([0, true]);
    expect(JSON.stringify([shown, seen, stdout, stderr]).includes(secret)).toBe(false);
  });

  it("a push from a claim sends what one from here sends, in one pod and in some, and again nothing", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "camera", namespace: NAMESPACE },
      spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "1Gi" } } },
    };
    await lab.client().create(claim);
    const folder = path.join(lab.home.folder, "claims", NAMESPACE, "camera", "night");
    await mkdir(path.join(folder, "deep"), { recursive: true });
    for (let at = 0; at < 40; at += 1)
      await writeFile(path.join(folder, at % 2 ? "deep" : ".", `${at}.jpg`), await draw("jpeg", { seed: at + 1 }));
    const here = await dataset("push", folder, "from-here");
    const there = await dataset("push", "pvc:camera/night", "from-there", "--in-cluster", "--parallel", "3");
    expect([there.stdout, there.exitCode], there.stderr).toEqual([here.stdout, 0]);
    const objects = async (prefix: string) => {
      const found: string[] = [];
      for await (const { key, etag } of bucket.list(prefix)) found.push(`${key.slice(prefix.length)} ${etag}`);
      return found;
    };
    expect((await objects("from-here/")).length).toBe(40);
    expect(await objects("from-there/")).toEqual(await objects("from-here/"));
    const again = await dataset("push", "pvc:camera/night", "from-there", "--in-cluster");
    expect(JSON.parse(again.stdout)).toMatchObject({ moved: { files: 0 }, unchanged: { files: 40 } });

    await writeFile(path.join(folder, "back\\slash.jpg"), "x");
    const refused = await dataset("push", "pvc:camera/night", "from-there", "--in-cluster");
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(
        /has failed \(PodFailurePolicy\): pod \S+ says: 1 of 41 files do not go, so none was sent:\n.+backslash/,
      ),
    ]);
    const nowhere = await dataset("push", "pvc:nothing", "x", "--in-cluster");
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([2, expect.stringContaining("has no claim nothing")]);
    expect(await left()).toEqual([]);
  });

  it("rights that are missing, and an image that nothing names: each is told with its cure, and nothing is made", async () => {
    await named(undefined);
    expect(await dataset("check", "run", "--in-cluster")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("set vision-platform:images.node") as string,
    });
    await named(IMAGE);
    await asNobody(async () => {
      const { exitCode, stderr } = await dataset("check", "run", "--in-cluster");
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(
          /The kubeconfig's user may not list Jobs in namespace cvat \(.+\)\. Ask whoever runs the cluster/,
        ),
      ]);
    });
    expect(await left()).toEqual([]);
  });
});

/** Waits for a text on stderr. */
async function said(running: ReturnType<typeof start>, text: string): Promise<void> {
  let all = "";
  await new Promise<void>((resolve) => {
    running.stderr.on("data", (piece: Buffer) => {
      all += piece.toString();
      if (all.includes(text)) resolve();
    });
  });
}

/** With a kubeconfig whose user has no rights. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const file = stackFilePath(folderOf(), "lab");
  const before = await readFile(file, "utf8");
  const { kubeconfig } = lab.rehearsal().cluster;
  const own = path.join(lab.home.folder, "nobody");
  await lab.kubectl("create", "serviceaccount", "nobody", "--namespace", NAMESPACE);
  const made = await execa(path.join(lab.home.folder, "bin", "kubectl"), [
    ...["create", "token", "nobody", "--namespace", NAMESPACE, "--kubeconfig", kubeconfig],
  ]);
  const config = parse(await readFile(kubeconfig, "utf8")) as { users: { user: unknown }[] };
  for (const user of config.users) user.user = { token: made.stdout };
  await writeFile(own, stringify(config));
  const document = parseDocument(before);
  document.setIn(["config", "vision-platform:cluster", "kubeconfig"], own);
  await writeFile(file, document.toString());
  try {
    await work();
  } finally {
    await writeFile(file, before);
  }
}
