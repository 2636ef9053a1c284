import { readFile } from "node:fs/promises";
import { RESTORED_BACKUP } from "../../components/charts/steps-taken.ts";
import { moveText } from "../../components/preflight/backup-before-move.ts";
import { movesOf } from "../../components/preflight/moves.ts";
import { versionsOf, type System } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { dateText, momentOf } from "../backup/kept/stamps.ts";
import { countsText } from "../engine/counts.ts";
import { openUserStack } from "../engine/door.ts";
import { runEngine } from "../engine/run.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { changesText } from "../report/changes-text.ts";
import { needsAttention, setsNamed, upgradeCheck, upgradeText } from "../report/upgrade.ts";
import { warningsText } from "../report/warnings.ts";
import { withRelease, writeStackFile } from "../stackfile/release-keys.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFileOf, stackFilePath } from "../stackfile/stack-file.ts";
import { brought } from "../upgrade/bring-up.ts";
import { dumpedNow, dumpedOf, dumpsOf } from "../upgrade/dumps.ts";
import { installedIn } from "../upgrade/installed.ts";
import { smokeOf } from "../upgrade/smoke.ts";
import { askForTyped } from "./ask-name.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface UpgradeToFlags extends StackFlags {
  to: string;
  yes?: true;
  withoutBackup?: true;
}

/** A dump as young as that is taken for the one before the move: of a run of this verb that was killed, most often. */
const JUST_MADE_MS = 3_600_000;

/**
 * Takes a system to another release: looks what is known of the way, dumps its database, writes the release into the stack file, previews, asks,
 * brings it up, and tries it out. Where it was interrupted, the same command goes on: how far it is, is told by the stack file and the state.
 */
export async function upgradeTo(
  system: System,
  { to, yes, withoutBackup, json, ...flags }: UpgradeToFlags,
): Promise<void> {
  const progress = streamProgress();
  const [named] = setsNamed([to.includes("@") ? to : `${system}@${to}`]);
  if (named?.system !== system) throw new UserError(`${to} is no release of ${system}.`, { exitCode: 2 });
  const path = stackFilePath(flags.folder, flags.stack);
  const plan = await soundPlan(await readStackFile(path));
  const text = await readFile(path, "utf8");
  if (plan[system] === undefined)
    throw new UserError(`vision-platform:${system}.enabled is false: there is nothing to upgrade.`, { exitCode: 2 });
  const { version, parts } = named.set;
  const wished = withRelease(text, system, {
    ...{ version, chart: parts.chart },
    // What let an earlier way back through is over.
    stepsTaken: (now) => now.filter((token) => !token.startsWith(`${RESTORED_BACKUP}@`)),
  });
  // Where nothing but the form of the text would change, it stays.
  const next = isSame(text, wished, path) ? text : wished;
  const nextPlan = await soundPlan(stackFileOf(path, next));
  const before = await installedIn(flags);
  if (Object.keys(before[system]).length === 0)
    throw new UserError(`Stack ${flags.stack} has no ${system} yet: npm run platform -- up installs it.`, {
      exitCode: 2,
    });
  const found = upgradeCheck(flags.stack, before, nextPlan, [named]);
  const [move] = movesOf(before, versionsOf(nextPlan)).filter((one) => one.system === system);
  if (move && needsAttention(found)) {
    print({ ...found, done: false }, upgradeText(found), json);
    process.exitCode = 3;
    return;
  }
  let backup: string | undefined;
  if (move && !move.isUnderWay) {
    progress.line(`${moveText(move)}.`);
    backup = withoutBackup
      ? undefined
      : await backupBefore(system, { ...flags, plan, servers: before[system]["server"] }, progress);
    if (next !== text) await writeStackFile(path, next);
    const putBack = async () => {
      if (next !== text && (await readFile(path, "utf8")) === next) await writeStackFile(path, text);
    };
    try {
      await shown(flags, progress);
      if (!yes)
        await askForTyped(
          flags.stack,
          `${moveText(move)} in stack ${flags.stack}.`,
          "Nothing was changed. --yes says that it may be.",
        );
    } catch (error) {
      await putBack();
      throw error;
    }
  } else if (next !== text) await writeStackFile(path, next);
  if (move?.isUnderWay) progress.line(`${moveText(move)}: an up has begun that, and goes on.`);
  const goesOn = `The same command goes on: npm run platform -- upgrade ${system} --to ${to} --stack ${flags.stack}. Back: npm run platform -- upgrade back ${system} --stack ${flags.stack}`;
  const outcome = move && (await brought(flags, { progress, withoutBackup, goesOn }));
  const smoke = await smokeOf(system, flags, progress).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError([...error.problems, `${system} ${version} is up, and is not well. ${goesOn}`], {
      exitCode: error.exitCode,
      cause: error,
    });
  });
  const said = [
    outcome
      ? `${flags.stack}: ${system} ${version}. ${countsText(outcome.counts, "did")}.`
      : `${flags.stack} has ${system} ${version} already.`,
    ...(outcome ? [warningsText(outcome.warnings)].filter(Boolean) : []),
    smoke,
    ...(backup === undefined
      ? []
      : [
          `The way back is the backup of ${dateText(backup)}: npm run platform -- upgrade back ${system} --stack ${flags.stack}`,
        ]),
  ];
  print({ stack: flags.stack, system, version, done: true, backup, counts: outcome?.counts }, said.join("\n"), json);
}

const isSame = (one: string, other: string, path: string) =>
  JSON.stringify(stackFileOf(path, one)) === JSON.stringify(stackFileOf(path, other));

interface Before {
  stack: string;
  folder: string;
  /** Of the stack file as it was. */
  plan: Awaited<ReturnType<typeof soundPlan>>;
  servers: readonly string[] | undefined;
}

/** @returns the stamp of the dump that leads back; undefined where this stack makes none */
async function backupBefore(
  system: System,
  { plan, servers = [], ...flags }: Before,
  progress: Progress,
): Promise<string | undefined> {
  if (plan.backup === undefined || dumpedOf(plan.backup, system) === undefined) {
    progress.line(`This stack dumps no database of ${system}: nothing leads back (vision-platform:backup).`);
    return undefined;
  }
  const [newest] = (await dumpsOf(system, plan.backup, flags, progress)).filter(
    ({ bad, release }) => bad === undefined && release !== undefined && servers.includes(release.server),
  );
  if (newest && Date.now() - momentOf(newest.stamp) < JUST_MADE_MS) {
    progress.line(`The backup of ${dateText(newest.stamp)} is taken: ${newest.place}`);
    return newest.stamp;
  }
  return dumpedNow(system, plan.backup, flags);
}

/** What the up would change, for a person who is asked whether it may. */
async function shown({ stack: name, folder }: { stack: string; folder: string }, progress: Progress): Promise<void> {
  const { stack } = await openUserStack({ stack: name, folder, create: false, progress });
  const { changes, warnings, counts } = await runEngine(stack, "preview", { progress });
  for (const one of [changesText(changes), warningsText(warnings), `${name}: ${countsText(counts, "will")}.`])
    if (one !== "") progress.line(one);
}
