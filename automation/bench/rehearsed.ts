import path from "node:path";
import { execa } from "execa";
import { PROJECT_FOLDER } from "../project.ts";
import type { Progress } from "../progress.ts";
import type { Compared } from "../report/compared.ts";
import { measure, type Measure } from "./measure.ts";

const PROGRAM = path.join(PROJECT_FOLDER, "automation/bin.mjs");

export interface RehearsedOptions {
  stack: string;
  /** Folder of the stack file. */
  folder: string;
  overrides: Readonly<Record<string, string>>;
  rounds: number;
  progress: Progress;
}

/**
 * A rehearsed preview of the files as they are on the last commit, which is in its snapshot, beside a rehearsal: each as a person runs it, from
 * nothing until everything is taken down again.
 */
export async function measureRehearsed(options: RehearsedOptions): Promise<Measure[]> {
  const { stack, folder, overrides, rounds, progress } = options;
  const charts = Object.entries(overrides).flatMap(([name, chart]) => ["--chart", `${name}=${chart}`]);
  const run = async (...words: string[]) => {
    const common = ["--stack", stack, "--folder", folder, "--json", ...charts];
    const { stdout } = await execa(process.execPath, [PROGRAM, ...words, ...common], { stdin: "ignore" });
    return stdout;
  };
  const preview = () => run("preview", "--rehearse", "--base", "HEAD");
  // The first makes the snapshot.
  const first = await progress.task("Rehearsing the last commit", preview);
  const { alone } = (JSON.parse(first) as { compared: Compared }).compared;
  const rehearse = await measure("rehearse, as a process", () => run("rehearse"), { rounds, progress });
  if (alone !== undefined) {
    progress.line(`No rehearsed preview is measured: ${alone}.`);
    return [rehearse];
  }
  const what = "rehearsed preview, base in the snapshot, as a process";
  return [rehearse, await measure(what, preview, { rounds, progress })];
}
