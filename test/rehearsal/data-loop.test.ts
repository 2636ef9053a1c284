import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument, stringify } from "yaml";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import { dataLab, type DataLab } from "../../automation/data/connect/lab.ts";
import { entriesOf } from "../../automation/data/zip/entries.ts";
import { silentProgress } from "../../automation/progress.ts";
import { STEP_NAMES } from "../../automation/smoke/names.ts";
import type { Report } from "../../automation/smoke/report.ts";
import { stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { pngOf } from "../fixtures/cvat/pictures.ts";
import { startScene, type Lab } from "./harness.ts";

/** The whole way of a data set, each step by the verb as a process: a folder, the bucket, CVAT, boxes in, boxes out with the split that came in. */

const [WIDTH, HEIGHT] = [640, 480];
const SPLIT = { Train: 160, Validation: 40 };
const CLASSES = ["car", "bus"];

type Box = [name: string, left: number, top: number, right: number, bottom: number];

let lab: Lab;
let data: DataLab;
let folder: string;
const seen: string[] = [];
/** Names of pictures as CVAT has them, and their boxes in pixels. */
const wanted: Record<string, Box[]> = {};

beforeAll(async () => {
  // As test/rehearsal/whole-lab.test.ts has it, and so from the same snapshot.
  ({ lab } = await startScene({ cvat: { superuser: { password: { secure: "v1:x" } } } }, { whole: true }));
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-loop-"));
  Object.assign(process.env, engine());
  await nameImageOfNode();
  data = await dataLab({ stack: "lab", folder: stackFolder() }, silentProgress);
  for (const [subset, count] of Object.entries(SPLIT)) {
    const list: string[] = [];
    for (const kind of ["images", "labels"]) await mkdir(path.join(folder, kind, subset), { recursive: true });
    for (let at = 0; at < count; at++) {
      const name = `street ${String(at).padStart(3, "0")}`;
      const boxes = boxesOf(at);
      wanted[`loop/images/${subset}/${name}.png`] = boxes;
      list.push(`images/${subset}/${name}.png`);
      await writeFile(path.join(folder, "images", subset, `${name}.png`), pngOf(WIDTH, HEIGHT));
      await writeFile(path.join(folder, "labels", subset, `${name}.txt`), boxes.map(lineOf).join(""));
    }
    await writeFile(path.join(folder, `${subset}.txt`), `${list.join("\n")}\n`);
  }
  await writeFile(path.join(folder, "obj.names"), `${CLASSES.join("\n")}\n`);
  const labels = CLASSES.map((name) => ({ name, type: "rectangle" }));
  await writeFile(path.join(folder, "project.yaml"), stringify({ name: "loop", labels }));
});
afterAll(async () => {
  for (const name of Object.keys(engine())) Reflect.deleteProperty(process.env, name);
  await rm(folder, { recursive: true, force: true });
  await lab.end();
});

/** For what is done in the cluster. */
async function nameImageOfNode(): Promise<void> {
  const file = stackFilePath(stackFolder(), "lab");
  const document = parseDocument(await readFile(file, "utf8"));
  const node = `registry.example/library/node:22-bookworm-slim@sha256:${"1".repeat(64)}`;
  document.setIn(["config", "vision-platform:images"], { node });
  await writeFile(file, document.toString());
}

const engine = () => {
  const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
  return { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE };
};
const stackFolder = () => path.join(lab.home.folder, "stack");
const at = (name: string) => path.join(folder, name);

async function verb<T>(...args: string[]): Promise<T> {
  const words = ["automation/bin.mjs", ...args, "--json", "--stack", "lab", "--folder", stackFolder()];
  const { stdout, stderr, exitCode } = await execa(process.execPath, words, { reject: false, stdin: "ignore" });
  seen.push(stdout, stderr);
  expect([args.slice(0, 2), exitCode, exitCode === 0 ? "" : stdout + stderr]).toEqual([args.slice(0, 2), 0, ""]);
  return JSON.parse(stdout) as T;
}

/** One to four boxes in whole pixels, those of the same number the same. */
function boxesOf(number: number): Box[] {
  return Array.from({ length: 1 + (number % 4) }, (_, one) => {
    const [left, top] = [(number * 37 + one * 101) % 500, (number * 53 + one * 67) % 350];
    return [CLASSES[(number + one) % 2] ?? "", left, top, left + 20 + ((number + one) % 90), top + 15 + (number % 80)];
  });
}

const lineOf = ([name, left, top, right, bottom]: Box) =>
  `${CLASSES.indexOf(name)} ${[(left + right) / 2 / WIDTH, (top + bottom) / 2 / HEIGHT, (right - left) / WIDTH, (bottom - top) / HEIGHT].map((one) => one.toFixed(8)).join(" ")}\n`;

function boxIn(line: string): Box {
  const [name = 0, x = 0, y = 0, width = 0, height = 0] = line.split(" ").map(Number);
  const pixels = [
    (x - width / 2) * WIDTH,
    (y - height / 2) * HEIGHT,
    (x + width / 2) * WIDTH,
    (y + height / 2) * HEIGHT,
  ];
  return [CLASSES[name] ?? "", ...pixels.map(Math.round)] as Box;
}

describe("two hundred pictures", { timeout: 300_000 }, () => {
  it("are sent to the bucket once, and found sound there", async () => {
    await verb("dataset", "push", at("images"), "loop/images");
    expect(await verb("dataset", "push", at("images"), "loop/images", "--dry-run")).toMatchObject({
      moved: { files: 0 },
      unchanged: { files: 200 },
    });
    const here = await verb<object>("dataset", "check", "loop/images");
    expect(await verb("dataset", "check", "loop/images", "--in-cluster", "--parallel", "3")).toEqual(here);
  });

  it("become tasks of a project, by a manifest with their sizes", async () => {
    await verb("project", "apply", at("project.yaml"));
    for (const subset of Object.keys(SPLIT)) {
      const beside = subset === "Train" ? ["--in-cluster", "--parallel", "3"] : [];
      await verb("dataset", "manifest", `loop/images/${subset}`, "--no-storage", ...beside);
      const task = ["task", "create", subset.toLowerCase(), "--project", "loop", "--subset", subset] as const;
      await verb(...task, "--from", `loop/images/${subset}/`, "--manifest");
      // Once more, as after a kill: nothing is made twice.
      await verb(...task, "--from", `loop/images/${subset}/`, "--manifest");
    }
    expect(await verb("task", "ls", "--project", "loop")).toMatchObject([
      { name: "train", subset: "Train", frames: SPLIT.Train },
      { name: "validation", subset: "Validation", frames: SPLIT.Validation },
    ]);
  });

  it("get their boxes by a zip", async () => {
    for (const subset of Object.keys(SPLIT)) {
      const task = subset.toLowerCase();
      await verb("annotations", "zip", folder, "--task", task, "--output", at(`${task}.zip`), "--partial");
      await verb("annotations", "import", task, at(`${task}.zip`));
    }
  });

  it("leave with the split that came in, and with each box where it was", async () => {
    await verb("annotations", "export", "loop", "--format", "YOLO 1.1", "--output", at("out.zip"));
    const found: Record<string, Box[]> = {};
    for await (const entry of entriesOf(at("out.zip"))) {
      const [, subset = "", name = ""] = /^obj_([^/]+)_data\/(.*)\.txt$/.exec(entry.name) ?? [];
      if (name !== "")
        found[`${subset} ${name}.png`] = entry.content().toString().split("\n").filter(Boolean).map(boxIn);
    }
    expect(found).toEqual(
      Object.fromEntries(Object.entries(wanted).map(([name, boxes]) => [`${name.split("/")[2] ?? ""} ${name}`, boxes])),
    );
  });

  /** Steps of a lab in which people sign in by an issuer. */
  const OF_SIGN_IN = ["edge", "access-token", "token-lifetime"];

  it("are there while a smoke run goes well, from the sign-in to its own event, and takes all of its own away", async () => {
    const { well, failed, steps } = await verb<Report>("smoke");
    expect({ well, failed, tried: steps.filter(({ is }) => is === "well").length }).toEqual({
      ...{ well: true, failed: [], tried: STEP_NAMES.length - OF_SIGN_IN.length + 1 },
    });
    expect((await verb<{ name: string }[]>("task", "ls")).map(({ name }) => name).sort()).toEqual([
      "train",
      "validation",
    ]);
  });

  it("and nothing else is left: no temporary object, and no secret in what was said", async () => {
    const { place, name } = await data.place("cvat");
    const left: string[] = [];
    for await (const { key } of bucketOf(place, name).list(data.temporary)) left.push(key);
    expect(left).toEqual([]);
    expect(seen.join("\n").includes(place.password)).toBe(false);
    await data.close();
  });
});
