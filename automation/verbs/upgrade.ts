import * as auto from "@pulumi/pulumi/automation/index.js";
import { versionsIn, type InstalledVersions } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { openUserStack } from "../engine/door.ts";
import { readState } from "../engine/stored-state.ts";
import { streamProgress } from "../progress.ts";
import { needsAttention, setsNamed, upgradeCheck, upgradeText } from "../report/upgrade.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface UpgradeCheckFlags extends StackFlags {
  to: readonly string[];
}

/** What is known of the way from the versions that the stack has to those of the stack file, or to a known-good set. */
export async function check({ to, json, ...flags }: UpgradeCheckFlags): Promise<void> {
  const sets = setsNamed(to);
  const plan = await soundPlan(await readStackFile(stackFilePath(flags.folder, flags.stack)));
  const off = sets.find(({ system }) => plan[system] === undefined);
  if (off) {
    throw new UserError(`vision-platform:${off.system}.enabled is false: there is nothing to go to a version.`, {
      exitCode: 2,
    });
  }
  const found = upgradeCheck(flags.stack, await installed(flags), plan, sets);
  print(found, upgradeText(found), json);
  if (needsAttention(found)) process.exitCode = 3;
}

/** The versions that the stack's state knows; of a stack that the backend does not know, none. */
async function installed({ stack: name, folder }: StackFlags): Promise<InstalledVersions> {
  try {
    const { stack } = await openUserStack({
      stack: name,
      folder,
      create: false,
      reads: true,
      progress: streamProgress(),
    });
    return versionsIn((await readState(stack)).deployment.resources ?? []);
  } catch (error) {
    if (error instanceof UserError && error.cause instanceof auto.StackNotFoundError) return versionsIn([]);
    throw error;
  }
}
