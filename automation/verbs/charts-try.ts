import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../components/program/errors.ts";
import { bumpsBetween } from "../charts/bumps.ts";
import { findLocked, LOCK_FILE, lockIn, readLock, recordEntry, type LockedChart } from "../charts/lock.ts";
import { newestVersion } from "../charts/newest.ts";
import { lockChart } from "../charts/pull.ts";
import { jobSummary } from "../ci/outputs.ts";
import { HttpFailure, PATIENCE } from "../http.ts";
import { silentProgress } from "../progress.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { withTrials } from "../stackfile/try-versions.ts";
import type { ChartsContext } from "./charts.ts";
import type { StackFlags } from "./flags.ts";

export interface TryFlags extends StackFlags {
  base?: string;
  newest?: true;
}

/** A chart that is tried in this tree. */
interface Tried {
  name: string;
  from: string;
  to: string;
  digest: string;
}

/**
 * Puts charts that nobody has tried into this tree, in charts.lock.yaml with their own digest and in the stack file, so that a rehearsed preview
 * shows what they would change: the newest ones, or those that a bot has bumped since a commit.
 */
export async function tryCharts({ stack, folder, json, base, newest }: TryFlags, run: ChartsContext): Promise<void> {
  if ((base === undefined) === (newest === undefined))
    throw new UserError("charts try needs one of the two: --newest, or --base REV.", { exitCode: 2 });
  const file = stackFilePath(folder, stack);
  const { charts } = await soundPlan(await readStackFile(file));
  const wanted = base === undefined ? await newestOf(charts, run) : await bumpedSince(base, run);
  const tried: (Tried & { path: string })[] = [];
  for (const { entry, version } of wanted) {
    const { digest, path } = await lockChart(entry.name, version, {}, false, run);
    tried.push({ name: entry.name, from: entry.version, to: version, digest, path });
  }
  const installed = tried.filter(({ name }) => charts.some((chart) => chart.name === name));
  if (installed.length > 0) {
    const trials = installed.map(({ name, to, path }) => ({ name, version: to, path }));
    await writeFile(file, withTrials(await readFile(file, "utf8"), trials));
  }
  const list = tried.map(({ name, from, to, digest }) => ({ name, from, to, digest }));
  if (list.length > 0) await jobSummary(summary(list), process.env);
  run.print(json ? JSON.stringify({ stack, tried: list }, undefined, 2) : text(list));
}

interface Wanted {
  /** What stands for it until now. */
  entry: LockedChart;
  version: string;
}

/** The newest version of each chart that the stack installs, where that is another than it installs now. */
async function newestOf(charts: readonly { name: string; version: string }[], run: ChartsContext): Promise<Wanted[]> {
  const entries = await readLock(run.lockFile);
  const found: Wanted[] = [];
  const problems: string[] = [];
  for (const { name, version: now } of charts) {
    const entry = findLocked(entries, name, now) ?? findLocked(entries, name);
    if (!entry) continue;
    try {
      const version = await (run.progress ?? silentProgress).task(`newest ${name}`, (task) =>
        newestVersion(entry, { patience: run.patience ?? PATIENCE, update: (words) => task.update(words) }),
      );
      if (version !== now) found.push({ entry: { ...entry, version: now }, version });
    } catch (error) {
      if (!(error instanceof UserError) && !(error instanceof HttpFailure)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return found;
}

/** What a bot has bumped since a commit: the entry that it replaced is put back, and the new one loses the digest that is not its own. */
async function bumpedSince(base: string, run: ChartsContext): Promise<Wanted[]> {
  const lockFile = run.lockFile ?? LOCK_FILE;
  const name = path.basename(lockFile);
  const before = await execa("git", ["show", `${base}:./${name}`], { cwd: path.dirname(lockFile), reject: false });
  if (before.failed)
    throw new UserError(`git has no ${name} of ${base}: ${before.stderr.split("\n")[0] ?? ""}`, { exitCode: 2 });
  const now = await readLock(lockFile);
  const bumps = bumpsBetween(lockIn(before.stdout, `${base}:${name}`), now);
  for (const { before: entry, version } of bumps) {
    const bumped = findLocked(now, entry.name, version);
    if (bumped) await recordEntry({ ...bumped, digest: undefined, default: false }, lockFile);
    await recordEntry(entry, lockFile);
  }
  return bumps.map(({ before: entry, version }) => ({ entry, version }));
}

function text(tried: readonly Tried[]): string {
  if (tried.length === 0) return "No chart is new.";
  return tried.map(({ name, from, to, digest }) => `${name} ${from} -> ${to}\n  ${digest}`).join("\n");
}

function summary(tried: readonly Tried[]): string {
  const rows = tried.map(({ name, from, to, digest }) => `| ${name} | ${from} | ${to} | \`${digest}\` |`);
  return [
    "### Charts on trial",
    "",
    "In the tree of this job alone, and allowed although nobody is known to have tried them. The digest is that of what was fetched now. To take",
    "one: `npm run platform -- charts lock NAME VERSION`, and its row among the known-good sets (components/*/versions.ts).",
    "",
    "| chart | now | on trial | digest |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
