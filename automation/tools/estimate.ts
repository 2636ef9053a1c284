/** A build of the list: what the table says it takes, and what it took once done. */
export interface Build {
  /** Seconds by the table. */
  expected: number;
  /** Seconds it took; absent until it is done. */
  took?: number;
}

// Below this the finished ones came out of Go's build cache and say nothing about the others.
const LOWEST_SCALE = 0.2;
// Of a build that is beyond its time nothing is known but that it goes on: this share of what it took so far.
const OVERRUN = 0.25;

/**
 * Seconds until all builds are done: the table's numbers, scaled by how the finished ones went on this machine.
 * @param elapsed seconds since the first unfinished build began
 */
export function secondsLeft(builds: readonly Build[], elapsed: number): number {
  const finished = builds.filter((build) => build.took !== undefined);
  const [current, ...waiting] = builds.filter((build) => build.took === undefined);
  if (!current) return 0;
  const scale = Math.max(LOWEST_SCALE, ratio(finished));
  const left = Math.max(current.expected * scale - elapsed, elapsed * OVERRUN);
  const slower = Math.max(scale, elapsed / current.expected);
  return left + waiting.reduce((sum, build) => sum + build.expected, 0) * slower;
}

function ratio(finished: readonly Build[]): number {
  const expected = finished.reduce((sum, build) => sum + build.expected, 0);
  return expected === 0 ? 1 : finished.reduce((sum, build) => sum + (build.took ?? 0), 0) / expected;
}

/** Time left as a person says it: `about 4 min`, `less than a minute`. */
export function roughly(seconds: number): string {
  return seconds < 50 ? "less than a minute" : `about ${Math.max(1, Math.round(seconds / 60))} min`;
}

/**
 * What each build is expected to take: programs of one module share most of their packages, so the first of them pays
 * for the module and the others only for themselves.
 */
export function expectedSeconds(programs: readonly { module: string; seconds: number; shared?: number }[]): number[] {
  return programs.map((program, index) => {
    const first = programs.findIndex((other) => other.module === program.module) === index;
    return program.seconds + (first ? (program.shared ?? 0) : 0);
  });
}
