import { UserError } from "../../components/program/errors.ts";
import { needsAttention, setsNamed, upgradeCheck, upgradeText } from "../report/upgrade.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { installedIn } from "../upgrade/installed.ts";
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
  const found = upgradeCheck(flags.stack, await installedIn(flags), plan, sets);
  print(found, upgradeText(found), json);
  if (needsAttention(found)) process.exitCode = 3;
}
