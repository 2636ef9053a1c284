import type { Progress } from "../progress.ts";

/** One thing measured: seconds of each round. */
export interface Measure {
  what: string;
  seconds: number[];
}

/** Does work so many times and says how long each took. */
export async function measure(
  what: string,
  work: () => Promise<unknown>,
  { rounds, progress }: { rounds: number; progress: Progress },
): Promise<Measure> {
  const seconds: number[] = [];
  await progress.task(what, async (task) => {
    for (let round = 1; round <= rounds; round++) {
      task.update(`round ${round} of ${rounds}`);
      const start = performance.now();
      await work();
      seconds.push((performance.now() - start) / 1000);
    }
  });
  return { what, seconds };
}

export function median(seconds: readonly number[]): number {
  return [...seconds].sort((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? Number.NaN;
}

export function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}
