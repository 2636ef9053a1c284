import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { annotate, annotatePlan } from "../../automation/data/annotate/annotate.ts";
import { exported } from "../../automation/data/annotations/export.ts";
import { imported, importPlan, YOLO } from "../../automation/data/annotations/import.ts";
import { zipPlan } from "../../automation/data/annotations/zip-plan.ts";
import { zipToFile } from "../../automation/data/annotations/zip-write.ts";
import { projectNamed, taskNamed } from "../../automation/data/cvat/find.ts";
import { framesOf } from "../../automation/data/cvat/frames.ts";
import type { CvatSpace } from "../../automation/data/cvat/space.ts";
import type { Bucket } from "../../automation/data/store/objects.ts";
import { entriesOf } from "../../automation/data/zip/entries.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { soundModel } from "../fixtures/cvat/models.ts";
import { pngOf } from "../fixtures/cvat/pictures.ts";
import { closed } from "../fixtures/cvat/s3.ts";
import { ADMIN, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

const WIDTH = 320;
const HEIGHT = 200;
const PICTURES = 40;
let cvat: TestCvat;
let dashboard: Server;
let space: CvatSpace;
let storage: number;
let folder: string;
/** Milliseconds that the function takes for a frame. */
let slow = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-whole-"));
  dashboard = await functions();
  cvat = await startCvat({ nuclio: `http://127.0.0.1:${(dashboard.address() as AddressInfo).port}` });
  cvat.s3.buckets = { datasets: [] };
  for (const key of [...keysOf("Train"), ...keysOf("Validation")]) put(key, pngOf(WIDTH, HEIGHT));
  storage = idOf(await cvat.call("POST", "cloudstorages", { body: storageBody() }));
  space = { client: new CvatClient({ endpoint: cvat.url, ...ADMIN }), organization: "" };
  const project = idOf(
    await cvat.call("POST", "projects", { body: { name: "streets", labels: [{ name: "car" }, { name: "bus" }] } }),
  );
  for (const subset of ["Train", "Validation"]) {
    const task = idOf(await cvat.call("POST", "tasks", { body: { name: subset, project_id: project, subset } }));
    const body = { image_quality: 70, cloud_storage_id: storage, server_files: [`set/images/${subset}/`] };
    await cvat.done(await cvat.call("POST", `tasks/${task}/data`, { body }));
  }
});
afterAll(async () => {
  await cvat.end();
  await closed(dashboard);
  await rm(folder, { recursive: true, force: true });
});

const idOf = ({ body }: { body: unknown }) => (body as { id: number }).id;
const keysOf = (subset: string) =>
  Array.from({ length: PICTURES }, (_, at) => `set/images/${subset}/${at % 2 === 0 ? "even/" : ""}im${at}.png`);

function put(key: string, body: Buffer): void {
  if (!cvat.s3.buckets["datasets"]?.includes(key)) cvat.s3.buckets["datasets"]?.push(key);
  cvat.s3.bodies[`datasets/${key}`] = body;
}

function functions(): Promise<Server> {
  const sound = soundModel({ name: "det" });
  const labels = JSON.stringify([
    { name: "car", type: "rectangle" },
    { name: "cow", type: "rectangle" },
  ]);
  const annotations = { ...sound.metadata.annotations, type: "detector", spec: labels };
  const model = { ...sound, metadata: { ...sound.metadata, annotations } };
  const found = [{ label: "car", type: "rectangle", points: [1, 2, 30, 40], confidence: "0.9" }];
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const isCall = request.method === "POST";
      setTimeout(() => response.writeHead(200).end(JSON.stringify(isCall ? found : model)), isCall ? slow : 0);
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const bucket = {
  name: "datasets",
  stat: (key: string) => Promise.resolve({ key, size: Buffer.from(cvat.s3.bodies[`datasets/${key}`] ?? "").length }),
} as unknown as Bucket;

const from = () => ({
  storage,
  async temporarily<T>(
    work: (temporary: { put: (name: string, body: never) => Promise<string> }) => Promise<T>,
  ): Promise<T> {
    const key = "temporary/labels.zip";
    const keep = async (_name: string, body: never) => {
      const pieces: Buffer[] = [];
      for await (const piece of body as AsyncIterable<Buffer>) pieces.push(piece);
      put(key, Buffer.concat(pieces));
      return key;
    };
    return work({ put: keep });
  },
});

/** Boxes of a picture, in whole pixels. */
const boxesOf = (key: string): [string, number[]][] => {
  const seed = Array.from(key).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);
  return Array.from({ length: seed % 4 }, (_, at) => {
    const left = (seed * (at + 3)) % 200;
    const top = (seed * (at + 5)) % 100;
    return [(seed + at) % 2 === 0 ? "car" : "bus", [left, top, left + 17 + at, top + 23 + at]];
  });
};
const lineOf = ([name, [left = 0, top = 0, right = 0, bottom = 0]]: [string, number[]]) =>
  [
    name === "car" ? 0 : 1,
    ...[(left + right) / 2 / WIDTH, (top + bottom) / 2 / HEIGHT, (right - left) / WIDTH, (bottom - top) / HEIGHT].map(
      (one) => one.toFixed(8),
    ),
  ].join(" ");

describe("label files to a zip, into tasks, and out of the project", () => {
  test("the boxes that came out are the boxes that went in, to the pixel, with their split", async () => {
    const root = path.join(folder, "set");
    for (const key of [...keysOf("Train"), ...keysOf("Validation")]) {
      const file = path.join(root, key.replace("set/images/", "labels/").replace(".png", ".txt"));
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(
        file,
        boxesOf(key)
          .map((box) => `${lineOf(box)}\n`)
          .join(""),
      );
    }
    await writeFile(
      path.join(root, "data.yaml"),
      "Train: images/Train\nValidation: images/Validation\nnames: [car, bus]\n",
    );
    for (const name of ["Train", "Validation"]) {
      const task = await taskNamed(space, name);
      const frames = (await framesOf(space.client, task))?.frames.map((frame) => frame.name) ?? [];
      const zip = path.join(folder, `${name}.zip`);
      const counts = await zipToFile(
        await zipPlan({ place: root, frames, partial: true, taskLabels: ["car", "bus"] }),
        zip,
      );
      const plan = await importPlan(space, task, zip, YOLO);
      expect(plan.content?.boxes).toBe(counts.boxes);
      const { after } = await imported(space, plan, from(), { everyMs: 20 });
      expect(after.shapes).toBe(keysOf(name).flatMap(boxesOf).length);
    }
    const file = path.join(folder, "streets.zip");
    const record = await projectNamed(space, "streets");
    const wish = { what: { kind: "project", record } as const, format: "CVAT for images 1.1", images: false };
    await exported(space, { ...wish, target: { file } }, { everyMs: 20 });
    let xml = "";
    for await (const { name, content } of entriesOf(file)) if (name === "annotations.xml") xml = content().toString();
    const out = Object.fromEntries(
      [...xml.matchAll(/<image [^>]*name="([^"]+)" subset="([^"]+)"[^>]*?(?:\/>|>(.*?)<\/image>)/gs)].map(
        ([, name = "", subset = "", inner = ""]) => [
          `${subset} ${name}`,
          [...inner.matchAll(/<box ([^>]*)>/g)].map(boxIn),
        ],
      ),
    );
    const expected = ["Train", "Validation"].flatMap((subset) =>
      keysOf(subset).map((key) => [`${subset} ${key}`, boxesOf(key)] as const),
    );
    expect(out).toEqual(Object.fromEntries(expected));
    // Only a project's export has subsets; into the bucket it comes under the name that was asked for.
    await exported(space, { ...wish, target: { bucket, storage, key: "exports/streets.zip" } }, { everyMs: 20 });
    expect(cvat.s3.bodies["datasets/exports/streets.zip"]?.length).toBeGreaterThan(1000);
  });
});

const boxIn = ([, text = ""]: RegExpMatchArray): [string, number[]] => {
  const value = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  return [value("label"), ["xtl", "ytl", "xbr", "ybr"].map((name) => Math.round(Number(value(name))))];
};

describe("a function over a task", () => {
  test("annotates every frame, and what it cannot store is said before", async () => {
    const task = await taskNamed(space, "Validation");
    const plan = await annotatePlan(space, task, { function: "det" });
    expect(plan.notes).toEqual(["Labels of det that are left out: cow."]);
    const percents: string[] = [];
    const { how, after } = await annotate(space, plan, {
      everyMs: 10,
      clearing: space.client,
      update: (text) => percents.push(text),
    });
    expect([how, after.shapes - plan.before.shapes]).toEqual(["finished", PICTURES]);
  });

  test("is cancelled, keeps what it has, and another can begin", async () => {
    slow = 30;
    const task = await taskNamed(space, "Validation");
    const plan = await annotatePlan(space, task, { function: "det" });
    const ends = new AbortController();
    const asked = {
      client: new CvatClient({ endpoint: cvat.url, ...ADMIN }, { signal: ends.signal }),
      organization: "",
    };
    const done = await annotate(asked, plan, {
      everyMs: 10,
      clearing: space.client,
      signal: ends.signal,
      update: (text) => {
        if (/^[1-9]\d* %/.test(text)) ends.abort(new Error("asked to end"));
      },
    });
    expect(done.how).toBe("cancelled");
    expect(done.progress).toBeGreaterThan(0);
    expect(done.progress).toBeLessThan(100);
    const stored = done.after.shapes - plan.before.shapes;
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(PICTURES);
    slow = 0;
    expect((await annotate(space, plan, { everyMs: 10, clearing: space.client })).how).toBe("finished");
  });
});
