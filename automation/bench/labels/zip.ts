import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { PROJECT_FOLDER, RUN_TYPESCRIPT } from "../../project.ts";
import type { Progress } from "../../progress.ts";
import { textTable } from "../../report/table.ts";
import { median, rounded } from "../measure.ts";
import { CLASSES, labelTreeOf } from "./tree.ts";

interface Used {
  seconds: number;
  /** Seconds of CPU. */
  cpu: number;
  /** The most memory, MiB. */
  memory: number;
}

/** Of one number of files. */
export interface ZipBench {
  files: number;
  ours: Used[];
  /** The script that people had before. */
  script: Used[];
  /** Medians, ours to the script's. */
  ratio: number;
  /** MiB of the zips. */
  size: { ours: number; script: number };
  /** Seconds of each part of ours. */
  stages: Record<string, number>;
}

export interface ZipBenchOptions {
  /** Numbers of label files. */
  sizes: readonly number[];
  rounds: number;
  progress: Progress;
}

/** `annotations zip` of a tree of label files beside the script that reads them all and then writes them, by turns. */
export async function benchZip({ sizes, rounds, progress }: ZipBenchOptions): Promise<ZipBench[]> {
  const found: ZipBench[] = [];
  for (const files of sizes) {
    const folder = await mkdtemp(path.join(tmpdir(), "zip-bench-"));
    try {
      found.push(
        await progress.task(`A zip of ${files} label files`, (task) =>
          one(folder, files, rounds, (text) => task.update(text)),
        ),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return found;
}

async function one(folder: string, files: number, rounds: number, update: (text: string) => void): Promise<ZipBench> {
  const [tree, labels, frames] = [
    path.join(folder, "tree"),
    path.join(folder, "obj.names"),
    path.join(folder, "frames.txt"),
  ];
  const [zip, theirs] = [path.join(folder, "ours.zip"), path.join(folder, "script.zip")];
  update("making the files");
  await writeFile(frames, (await labelTreeOf(tree, files)).join("\n"));
  await writeFile(labels, CLASSES.join("\n"));
  const verb = [path.join(PROJECT_FOLDER, "automation/bin.mjs"), "annotations", "zip", tree];
  const words = [...verb, "--labels", labels, "--frames", frames, "--output", zip, "--force"];
  const resources = ["--require", path.join(import.meta.dirname, "resources.cjs")];
  const ours: Used[] = [];
  const script: Used[] = [];
  for (let round = 0; round <= rounds; round++) {
    update(`round ${round} of ${rounds}`);
    const mine = await used(process.execPath, [...resources, ...words], 3);
    const other = await used("python3", [path.join(import.meta.dirname, "script.py"), tree, theirs], 1);
    // The first compiles, and has the files read once.
    if (round === 0) continue;
    ours.push(mine);
    script.push(other);
  }
  const { stdout } = await execa(process.execPath, [
    ...[RUN_TYPESCRIPT, path.join(import.meta.dirname, "stages.ts")],
    ...[tree, labels, frames, zip],
  ]);
  const seconds = (all: readonly Used[]) => median(all.map((each) => each.seconds));
  const mib = async (file: string) => rounded((await stat(file)).size / 2 ** 20);
  return {
    ...{ files, ours, script, ratio: rounded(seconds(ours) / seconds(script)) },
    size: { ours: await mib(zip), script: await mib(theirs) },
    stages: JSON.parse(stdout) as Record<string, number>,
  };
}

/** @param told the file that a program tells what it took on */
async function used(program: string, words: readonly string[], told: 1 | 3): Promise<Used> {
  const began = performance.now();
  const { stdio } = await execa(program, words, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const { cpu, memory } = JSON.parse(stdio[told]) as { cpu: number; memory: number };
  return {
    seconds: rounded((performance.now() - began) / 1000),
    cpu: rounded(cpu / 1e6),
    memory: Math.round(memory / 1024),
  };
}

/** A result as a person reads it. */
export function zipBenchText(all: readonly ZipBench[]): string {
  const of = (who: string, files: number, rounds: readonly Used[], size: number) => [
    `${who}, ${files} files`,
    median(rounds.map((each) => each.seconds)).toFixed(2),
    median(rounds.map((each) => each.cpu)).toFixed(2),
    String(Math.max(...rounds.map((each) => each.memory))),
    size.toFixed(1),
  ];
  const rows = all.flatMap(({ files, ours, script, size }) => [
    of("annotations zip", files, ours, size.ours),
    of("script", files, script, size.script),
  ]);
  return [
    textTable(["what", "median s", "s of CPU", "most MiB", "zip MiB"], rows),
    ...all.map(({ files, ratio }) => `annotations zip / script, ${files} files: ${ratio}`),
    ...all.flatMap(({ files, stages }) =>
      Object.entries(stages).map(([name, seconds]) => `${files} files, ${name}: ${seconds.toFixed(2)} s`),
    ),
  ].join("\n");
}
