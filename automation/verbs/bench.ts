import { backupsBench, backupsBenchText } from "../bench/backups/backups.ts";
import { bench, benchText } from "../bench/bench.ts";
import { growth, growthText } from "../bench/growth.ts";
import { benchZip, zipBenchText } from "../bench/labels/zip.ts";
import { dataBench, dataBenchText } from "../bench/store/data.ts";
import { benchManifests, manifestBenchText } from "../bench/store/manifest.ts";
import { streamProgress } from "../progress.ts";
import { cleanUpStale, createHome, freshName, removeHome, type Home } from "../rehearsal/cluster/homes.ts";
import { untilStopped } from "../signals.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

const LABEL_FILES = [1_000, 10_000, 100_000];
const PROJECTS = 100;
const OBJECTS = [1_000, 10_000, 100_000, 1_000_000];

export interface BenchFlags extends StackFlags {
  rounds: number;
  growth?: true;
  labels?: true;
  data?: true;
  manifest?: true;
  backups?: true;
  chart: Record<string, string>;
}

/** How long preview and up take when nothing changes, beside other tools. */
export async function runBench({
  stack,
  folder,
  rounds,
  growth: grows,
  labels,
  data,
  manifest,
  backups,
  chart,
  json,
}: BenchFlags): Promise<void> {
  if (labels) {
    const result = await untilStopped(() => benchZip({ sizes: LABEL_FILES, rounds, progress: streamProgress() }));
    print(result, zipBenchText(result), json);
    return;
  }
  if (manifest) {
    const result = await untilStopped(() => benchManifests({ sizes: OBJECTS, rounds, progress: streamProgress() }));
    print(result, manifestBenchText(result), json);
    return;
  }
  await cleanUpStale();
  const options = { stack, project: folder, rounds, overrides: chart, progress: streamProgress() };
  await untilStopped(async () => {
    if (data) {
      const result = await inHome((home) => dataBench({ rounds, home, progress: options.progress }));
      print(result, dataBenchText(result), json);
    } else if (backups) {
      const result = await inHome((home) =>
        backupsBench({ projects: PROJECTS, rounds, home, progress: options.progress }),
      );
      print(result, backupsBenchText(result), json);
    } else if (grows) {
      const result = await growth({ ...options, inHome });
      print(result, growthText(result), json);
    } else {
      const result = await inHome((home) => bench({ ...options, home }));
      print(result, benchText(result), json);
    }
  });
}

async function inHome<T>(work: (home: Home) => Promise<T>): Promise<T> {
  const home = await createHome(freshName("bench"), { kept: false });
  try {
    return await work(home);
  } finally {
    await removeHome(home.folder);
  }
}
