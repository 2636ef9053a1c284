import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { zipHere, type ZipFlags } from "../../automation/verbs/annotations-zip.ts";
import { labelTreeOf, CLASSES } from "../../automation/bench/labels/tree.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../../automation/bin.mjs");
const FILES = 2000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-zip-verb-"));
  const frames = await labelTreeOf(path.join(folder, "tree"), FILES);
  await writeFile(path.join(folder, "frames.txt"), frames.join("\n"));
  await writeFile(path.join(folder, "obj.names"), CLASSES.join("\n"));
  await run();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const words = (output = "out.zip", frames = "frames.txt") => [
  ...[PROGRAM, "annotations", "zip", path.join(folder, "tree"), "--labels", path.join(folder, "obj.names")],
  ...["--frames", path.join(folder, frames), "--output", path.join(folder, output), "--json"],
];
const run = (...more: string[]) => execa(process.execPath, [...words(), ...more], { reject: false });
const zips = async () => (await readdir(folder)).filter((name) => name.includes(".zip")).sort();

test("the zip that was written is told in one document, and none is overwritten unasked", async () => {
  const again = await run();
  expect([again.exitCode, again.stdout]).toEqual([
    2,
    expect.stringContaining("is there already. --force overwrites it."),
  ]);
  const { exitCode, stdout } = await run("--force");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ files: FILES, empty: FILES / 10, unlabelled: 0, leftOut: 0, subsets: { "(no subset)": FILES } },
    boxes: (FILES / 10) * 45,
  });
});

test.each([
  [{ output: "x.zip" }, "Say for which frames: --task NAME, or --frames FILE."],
  [{ frames: "frames.txt" }, "Say where to: --output FILE, or --to PREFIX."],
  [{ frames: "nowhere.txt", output: "x.zip" }, "nowhere.txt cannot be read."],
  [{ frames: "frames.txt", output: "nowhere/x.zip", labels: "obj.names" }, "nowhere/x.zip cannot be written"],
  [{ frames: "frames.txt", output: "x.zip" }, "names the classes: give --labels FILE"],
])("bad use is refused in a sentence: %j", async (flags, problem) => {
  const files = Object.fromEntries(Object.entries(flags).map(([flag, file]) => [flag, path.join(folder, file)]));
  const all = { stack: "none", folder, ...files } as ZipFlags & { frames: string; output: string };
  await expect(zipHere(path.join(folder, "tree"), all)).rejects.toThrow(problem);
});

test("a run that is killed at any point leaves no zip, and the next makes the whole one", async () => {
  const whole = await readFile(path.join(folder, "out.zip"));
  for (const [point, signal] of [
    ["", "SIGKILL"],
    ["… Matching", "SIGKILL"],
    ["… Writing", "SIGKILL"],
    ["… Matching", "SIGINT"],
    ["… Writing", "SIGTERM"],
  ] as const) {
    const running = execa(process.execPath, words("killed.zip"), { reject: false });
    let said = "";
    running.stderr.on("data", (text: Buffer) => {
      said += text.toString();
      if (said.includes(point)) running.kill(signal);
    });
    if (point === "") running.kill(signal);
    const { exitCode } = await running;
    // One that was faster than the signal has done it.
    if (exitCode === 0) await rm(path.join(folder, "killed.zip"));
    const left = (await zips()).filter((name) => name.startsWith("killed"));
    expect(left).toEqual(signal === "SIGKILL" && left.length > 0 ? ["killed.zip.part"] : []);
  }
  const { exitCode } = await execa(process.execPath, words("killed.zip"), { reject: false });
  expect(exitCode).toBe(0);
  expect(await readFile(path.join(folder, "killed.zip"))).toEqual(whole);
  expect(await zips()).toEqual(["killed.zip", "out.zip"]);
});

test("label files that do not fit are told, all of them, before anything is written", async () => {
  const few = (await readFile(path.join(folder, "frames.txt"), "utf8")).split("\n").slice(0, FILES - 30);
  await writeFile(path.join(folder, "few.txt"), few.join("\n"));
  const { exitCode, stdout } = await execa(process.execPath, words("few.zip", "few.txt"), { reject: false });
  expect(exitCode).toBe(2);
  const { problems } = JSON.parse(stdout) as { problems: string[] };
  expect(problems).toHaveLength(22);
  expect(problems[20]).toBe("and 10 more (30 in all)");
  expect(await zips()).toEqual(["killed.zip", "out.zip"]);
});
