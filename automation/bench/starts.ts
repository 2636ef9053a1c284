import path from "node:path";
import { execa } from "execa";
import { PROJECT_FOLDER } from "../project.ts";
import type { Progress } from "../progress.ts";

/** How long a short program takes, each round. */
export interface Start {
  /** Seconds until it ended. */
  seconds: number[];
  /** Seconds of CPU. */
  cpu: number[];
}

const CPU_TIME = path.join(import.meta.dirname, "cpu-time.cjs");
const PROGRAM = path.join(PROJECT_FOLDER, "automation/bin.mjs");

/** Programs that only start, as a person starts them. The first is what none can be faster than. */
const programs = (stack: string, folder: string): Record<string, string[]> => ({
  "node -e 0": ["-e", "0"],
  "--help": [PROGRAM, "--help"],
  "up --help": [PROGRAM, "up", "--help"],
  "config check": [PROGRAM, "config", "check", "--stack", stack, "--folder", folder],
});

export interface StartOptions {
  stack: string;
  /** Folder of the stack file. */
  folder: string;
  rounds: number;
  progress: Progress;
}

/** Measures verbs that need no engine, by turns: a machine that gets busy slows all alike. Compiled once before. */
export async function measureStarts({ stack, folder, rounds, progress }: StartOptions): Promise<Record<string, Start>> {
  const found: Record<string, Start> = {};
  await progress.task("Starting verbs", async (task) => {
    for (let round = 0; round <= rounds; round++) {
      task.update(`round ${round} of ${rounds}`);
      for (const [what, words] of Object.entries(programs(stack, folder))) {
        const one = await start(words);
        if (round === 0) continue;
        const { seconds, cpu } = (found[what] ??= { seconds: [], cpu: [] });
        seconds.push(one.seconds);
        cpu.push(one.cpu);
      }
    }
  });
  return found;
}

async function start(words: readonly string[]): Promise<{ seconds: number; cpu: number }> {
  const began = performance.now();
  const { stdio } = await execa(process.execPath, ["--require", CPU_TIME, ...words], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  return { seconds: (performance.now() - began) / 1000, cpu: Number(stdio[3]) / 1e6 };
}
