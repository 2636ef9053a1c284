import { UserError } from "../../components/program/errors.ts";
import { cacheFolder } from "../cache.ts";
import { findLocked, notLocked, readLock, type LockedChart } from "../charts/lock.ts";
import { lockChart, pullChart, type PulledChart, type PullOptions } from "../charts/pull.ts";
import { jobSummary } from "../ci/outputs.ts";
import { streamProgress } from "../progress.ts";

/** What the verbs work on; tests give their own. */
export interface ChartsContext extends PullOptions {
  /** Where results go. */
  print(text: string): void;
}

export function realContext(): ChartsContext {
  return { cacheFolder: cacheFolder(), progress: streamProgress(), print: (text) => process.stdout.write(`${text}\n`) };
}

/** Fetches the charts of charts.lock.yaml into the cache and verifies them. */
export async function pull(names: readonly string[], json: boolean | undefined, run: ChartsContext): Promise<void> {
  const charts = await pullAll(names, run);
  await sayTrusted(charts);
  report(run, charts, json);
}

/** Fetches a chart's version and records it with its digest in charts.lock.yaml. */
export async function lock(name: string, version: string, options: LockOptions, run: ChartsContext): Promise<void> {
  const source = { repository: options.repository, oci: options.oci?.replace(/^oci:\/\//, "") };
  report(run, [await lockChart(name, version, source, options.default ?? false, run)], options.json);
}

export interface LockOptions {
  repository?: string;
  oci?: string;
  default?: boolean;
  json?: boolean;
}

/** A digest that was missing is that of what came now, on trust: in a workflow its summary says so until somebody has committed the line. */
async function sayTrusted(charts: readonly PulledChart[]): Promise<void> {
  const trusted = charts.filter(({ recorded }) => recorded);
  if (trusted.length === 0) return;
  const lines = trusted.map(({ name, version, digest }) => `- ${name} ${version}: \`digest: ${digest}\``);
  const head =
    "### Taken on trust\n\ncharts.lock.yaml has no digest of these yet, so nothing vouches for them. To end that, commit:\n";
  await jobSummary([head, ...lines].join("\n"), process.env);
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
