import { Command, InvalidArgumentError, Option } from "commander";
import type { ListFlags, PruneFlags, RestoreFlags } from "../verbs/state.ts";
import { stackCommand, wholeNumber } from "./common.ts";

/** `state`: what the engine has kept of earlier runs. */
export function stateCommand(): Command {
  return new Command("state")
    .description("list, remove and restore the states that the engine has kept of earlier runs")
    .addCommand(
      stackCommand("list", "every kept state: when, after what, by whom, how large", "state list --all")
        .option("--all", "all of them, not the newest 20 alone")
        .action(async (flags: ListFlags) => (await work()).list(flags)),
    )
    .addCommand(
      stackCommand(
        "prune",
        "remove kept states; never the newest, and never the state itself",
        "state prune --older-than 90d --dry-run",
      )
        .addOption(new Option("--keep <n>", "how many stay, the newest").argParser(wholeNumber).conflicts("olderThan"))
        .addOption(new Option("--older-than <time>", "those from before: 12h, 30d, 8w").argParser(age))
        .option("--dry-run", "only say how many would go, and how many bytes")
        .option("--yes <name>", "do not ask; the stack's name once more")
        .action(async (flags: PruneFlags) => (await work()).prune(flags)),
    )
    .addCommand(
      stackCommand(
        "restore",
        "take a kept state in the place of the present one; the lab itself is not touched",
        "state restore 20261130-101502 --dry-run",
      )
        .argument("<id>", "the state, as `state list` calls it")
        .option("--dry-run", "only say what it would mean")
        .option("--yes <name>", "do not ask; the stack's name once more")
        .action(async (id: string, flags: RestoreFlags) => (await work()).restore(id, flags)),
    );
}

const work = () => import("../verbs/state.ts");

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS };

/** Milliseconds. */
function age(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([hdw])$/.exec(text) ?? [];
  const each = UNITS[unit];
  if (each === undefined || Number(count) < 1)
    throw new InvalidArgumentError("must be hours, days or weeks, such as 12h, 30d or 8w.");
  return Number(count) * each;
}
