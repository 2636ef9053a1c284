import { Command } from "commander";
import { UserError } from "../../components/errors.ts";
import { cacheFolder } from "../cache.ts";
import { findLocked, notLocked, readLock, type LockedChart } from "../charts/lock.ts";
import { lockChart, pullChart, type PulledChart, type PullOptions } from "../charts/pull.ts";
import { streamProgress } from "../progress.ts";

/** What the verbs work on; tests give their own. */
export interface ChartsContext extends PullOptions {
  /** Where results go. */
  print(text: string): void;
}

function realContext(): ChartsContext {
  return { cacheFolder: cacheFolder(), progress: streamProgress(), print: (text) => process.stdout.write(`${text}\n`) };
}

/** `charts pull` and `charts lock`: the Helm charts of charts.lock.yaml, on this machine and verified. */
export function chartsCommand(context: () => ChartsContext = realContext): Command {
  const command = new Command("charts").description(
    "fetch and verify the Helm charts that are installed; lock versions",
  );

  command
    .command("pull")
    .description("fetch the charts of charts.lock.yaml into the cache and verify them")
    .argument("[names...]", "only these: NAME for all its versions, or NAME@VERSION")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  npm run platform -- charts pull cvat clearml@7.14.7")
    .action(async (names: string[], { json }: { json?: boolean }) => {
      const run = context();
      report(run, await pullAll(names, run), json);
    });

  command
    .command("lock")
    .description("fetch a chart's version and record it with its digest in charts.lock.yaml")
    .argument("<name>", "the chart's name")
    .argument("<version>", "the chart's version")
    .option("--repository <url>", "Helm repository (default: as the chart is locked already)")
    .option("--oci <ref>", "REGISTRY/REPOSITORY of a chart in a container registry")
    .option("--default", "take this version where a stack names none")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  npm run platform -- charts lock cvat 2.65.0 --oci registry-1.docker.io/cvat/cvat",
    )
    .action(async (name: string, version: string, options: LockOptions) => {
      const run = context();
      const source = { repository: options.repository, oci: options.oci?.replace(/^oci:\/\//, "") };
      report(run, [await lockChart(name, version, source, options.default ?? false, run)], options.json);
    });

  return command;
}

interface LockOptions {
  repository?: string;
  oci?: string;
  default?: boolean;
  json?: boolean;
}

async function pullAll(names: readonly string[], run: ChartsContext): Promise<PulledChart[]> {
  const pulled: PulledChart[] = [];
  const problems: string[] = [];
  for (const entry of selectEntries(await readLock(run.lockFile), names)) {
    try {
      pulled.push(await pullChart(entry, run));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return pulled;
}

function selectEntries(entries: readonly LockedChart[], names: readonly string[]): LockedChart[] {
  const problems: string[] = [];
  for (const wanted of names) {
    const [name = "", version] = wanted.split("@");
    if (!findLocked(entries, name, version)) problems.push(notLocked(entries, name, version));
  }
  if (problems.length > 0) throw new UserError(problems, { exitCode: 2 });
  const wanted = new Set(names);
  return entries.filter(
    ({ name, version }) => wanted.size === 0 || wanted.has(name) || wanted.has(`${name}@${version}`),
  );
}

function report(run: ChartsContext, charts: readonly PulledChart[], json = false): void {
  if (json) {
    run.print(JSON.stringify({ charts }, undefined, 2));
    return;
  }
  for (const { name, version, digest, path, downloaded, recorded } of charts) {
    const what = [downloaded ? "downloaded and verified" : "already here, verified", ...(recorded ? ["recorded"] : [])];
    run.print(`${name} ${version}  ${what.join(", ")}\n  ${digest}\n  ${path}`);
  }
}
