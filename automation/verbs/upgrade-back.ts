import { readFile } from "node:fs/promises";
import { ENGINES, type Release } from "../../components/backup/databases/database.ts";
import { tokenOf, RESTORED_BACKUP } from "../../components/charts/steps-taken.ts";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { jumpsOf } from "../../components/preflight/known-bad-jumps.ts";
import { movesOf } from "../../components/preflight/moves.ts";
import { versionsOf, type InstalledVersions, type System } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { DatabaseCluster } from "../backup/databases/cluster.ts";
import { lettingGo } from "../backup/databases/records.ts";
import { restored, type Restored } from "../backup/databases/restore.ts";
import { dateText } from "../backup/kept/stamps.ts";
import { inDataLab } from "../data/connect/run.ts";
import { countsText } from "../engine/counts.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { withRelease, withStepsTaken, writeStackFile } from "../stackfile/release-keys.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFileOf, stackFilePath } from "../stackfile/stack-file.ts";
import { brought } from "../upgrade/bring-up.ts";
import { dumpedNow, dumpedOf, dumpsOf } from "../upgrade/dumps.ts";
import { installedIn } from "../upgrade/installed.ts";
import { smokeOf } from "../upgrade/smoke.ts";
import { isSameRelease, wayBack, type ReleasedDump } from "../upgrade/way-back.ts";
import { askForTyped } from "./ask-name.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface UpgradeBackFlags extends StackFlags {
  backup?: string;
  identity?: string;
  yes?: true;
  withoutBackup?: true;
}

/**
 * Takes a system back to the release before: puts its database back as a dump of then has it, while nothing is at work on it, and then brings the
 * old release up. In that order, for the old release must never meet a database that the new one has changed, and the new one must not change
 * the old one again. Where it was interrupted, the same command goes on: the stack file says `restored-backup@VERSION` from when the database
 * is put back until the old release is up. Before that everything stays scaled down, so that to put it back once more loses nothing.
 */
export async function upgradeBack(system: System, { json, ...flags }: UpgradeBackFlags): Promise<void> {
  const progress = streamProgress();
  const path = stackFilePath(flags.folder, flags.stack);
  const plan = await soundPlan(await readStackFile(path));
  const text = await readFile(path, "utf8");
  const database = dumpedOf(plan.backup, system);
  if (plan.backup === undefined || database === undefined)
    throw new UserError(
      `This stack dumps no database of ${system}, so nothing leads back: see vision-platform:backup.`,
      {
        exitCode: 2,
      },
    );
  const restoredTo = `${RESTORED_BACKUP}@${database.release.server}`;
  const isRestored = plan.lab[system].stepsTaken.includes(restoredTo);
  let losses: string[] | undefined;
  let to = database.release;
  if (isRestored)
    progress.line(`The database is put back already, by ${restoredTo} in ${path}: ${system} ${to.version} comes up.`);
  else ({ to, losses } = await putBack(system, { ...flags, path, text, plan }, progress));
  const goesOn = `The same command goes on: npm run platform -- upgrade back ${system} --stack ${flags.stack}`;
  const outcome = await brought(flags, { progress, withoutBackup: undefined, goesOn });
  await withCluster(system, flags, progress, ({ cluster }) => cluster.scaleUp());
  await stepsDone(system, path);
  const smoke = await smokeOf(system, flags, progress);
  const said = [
    `${flags.stack}: ${system} ${to.version}, with the database of then. ${countsText(outcome.counts, "did")}.`,
    ...(losses === undefined || losses.length === 0
      ? []
      : ["Lost, or brought back:", ...losses.map((line) => `  ${line}`)]),
    smoke,
  ];
  print({ stack: flags.stack, system, version: to.version, losses, counts: outcome.counts }, said.join("\n"), json);
}

/** Takes out of the stack file what let the way back through: it is over. */
async function stepsDone(system: System, path: string): Promise<void> {
  const there = Object.values(versionsOf(await soundPlan(await readStackFile(path)))[system]).flatMap(
    (one) => one ?? [],
  );
  const text = await readFile(path, "utf8");
  const isOver = (step: string) => there.some((version) => step.endsWith(`@${version}`));
  await writeStackFile(
    path,
    withStepsTaken(text, system, (steps) => steps.filter((step) => !isOver(step))),
  );
}

interface Wish extends Omit<UpgradeBackFlags, "json"> {
  path: string;
  text: string;
  plan: Plan;
}

/** @returns the release that comes up next, and what was lost */
async function putBack(system: System, wish: Wish, progress: Progress): Promise<{ to: Release; losses: string[] }> {
  const { path, text, stack, folder } = wish;
  const flags = { stack, folder };
  const { release: to, stamp, place } = await dumpToGoBackTo(system, wish, progress);
  const before = await installedIn(flags);
  const next = withRelease(text, system, to);
  // What does not fit the old release is told before anything is changed.
  const nextPlan = await soundPlan(stackFileOf(path, next));
  const hasMoved = movesOf(before, versionsOf(nextPlan)).some((move) => move.system === system);
  if (!hasMoved && wish.backup === undefined)
    throw new UserError(
      `The state of stack ${stack} has ${system} ${to.version} and no other, so there is nothing to go back from: put that version into ${path}. Where its database was changed nevertheless, name the backup: --backup ${stamp}`,
      { exitCode: 2 },
    );
  const tokens = tokensFor(system, before, nextPlan, to);
  const marked = withRelease(text, system, { ...to, stepsTaken: (now) => [...new Set([...now, ...tokens])] });
  await soundPlan(stackFileOf(path, marked));
  progress.line(`${system} goes back to ${to.version}, and its database to the backup of ${dateText(stamp)}: ${place}`);
  const underWay = await withCluster(system, flags, progress, ({ cluster }) => cluster.atWork());
  const losses = underWay?.request["restore"] === stamp ? [] : await allowedLosses(system, wish, stamp, progress);
  await restore(system, wish, { stamp, dryRun: false }, progress);
  await writeStackFile(path, marked);
  return { to, losses };
}

/**
 * Says what is lost, asks whether it may be, and keeps it as a backup. Of a run that was killed while its Job was at work this was asked before.
 * @throws UserError where it may not be lost
 */
async function allowedLosses(system: System, wish: Wish, stamp: string, progress: Progress): Promise<string[]> {
  const { stack, folder, plan, yes, withoutBackup } = wish;
  const { losses } = await restore(system, wish, { stamp, dryRun: true }, progress);
  const lost = [
    `Everything that was made since ${dateText(stamp)} is lost:`,
    ...(losses.length === 0 ? ["  nothing differs from the backup"] : losses.map((line) => `  ${line}`)),
  ];
  for (const line of lost) progress.line(line);
  if (!yes) await askForTyped(stack, lost.join("\n"), "Nothing was changed. --yes says that it may be lost.");
  // Where nothing differs, the database was put back by a run that was killed, and what it had before was dumped then.
  if (!withoutBackup && losses.length > 0 && plan.backup) {
    const kept = await dumpedNow(system, plan.backup, { stack, folder });
    progress.line(`The database as it is now is kept as the backup of ${dateText(kept)}.`);
  }
  return losses;
}

/** The dump that is named, else that of the release before. @throws UserError where there is none that says its release */
async function dumpToGoBackTo(
  system: System,
  { plan, backup: named, stack, folder }: Wish,
  progress: Progress,
): Promise<ReleasedDump> {
  const backups = plan.backup;
  const now = dumpedOf(backups, system)?.release;
  if (backups === undefined || now === undefined) throw new Error("what is dumped was looked at before");
  const dumps = await dumpsOf(system, backups, { stack, folder }, progress);
  if (named === undefined) {
    const found = wayBack(dumps, now);
    if (found) return found;
    throw new UserError(
      `No backup of ${ENGINES[system]} says that it is of another release than ${now.version}. There are: npm run platform -- backup ls`,
      { exitCode: 2 },
    );
  }
  const found = dumps.find(({ stamp }) => stamp === named);
  const { release } = found ?? {};
  if (found && release && !isSameRelease(release, now)) return { ...found, release };
  const why =
    found === undefined
      ? "There is no such backup"
      : release
        ? `It is of ${now.version}, which is installed`
        : "It does not say of which release it is";
  throw new UserError(`--backup ${named}: ${why}.`, { exitCode: 2 });
}

/** What the stack file says so that the program lets the way back through, and where this verb is. */
function tokensFor(system: System, before: InstalledVersions, plan: Plan, { server, chart }: Release): string[] {
  const jumps = jumpsOf(before, plan).filter((made) => made.system === system && made.verdict === "refused");
  return [...jumps.map(tokenOf), ...[...new Set([server, chart])].map((one) => `${RESTORED_BACKUP}@${one}`)];
}

async function restore(
  system: System,
  { stack, folder, identity }: Wish,
  { stamp, dryRun }: { stamp: string; dryRun: boolean },
  progress: Progress,
): Promise<Restored> {
  return withCluster(system, { stack, folder }, progress, ({ cluster, stands }) =>
    restored({
      ...{ engine: ENGINES[system], cluster, progress, stands, identity, stamp, dryRun },
      ...{ scaleDown: true, staysDown: true },
      letGo: lettingGo({ stack, folder }, ENGINES[system], progress),
    }),
  );
}

async function withCluster<T>(
  system: System,
  flags: { stack: string; folder: string },
  progress: Progress,
  work: (at: { cluster: DatabaseCluster; stands: (how: string) => void }) => Promise<T>,
): Promise<T> {
  return inDataLab(flags, progress, async ({ plan }, signal, stands) => {
    const database = dumpedOf(plan.backup, system);
    if (database === undefined) throw new Error("what is dumped was looked at before");
    const send = apiServer(await kubeConfig(plan.lab.cluster));
    return work({ cluster: new DatabaseCluster(database, { send, progress, signal }), stands });
  });
}
