import { Argument, type Command } from "commander";
import type { SiteName } from "../data/connect/sites.ts";
import type { StackFlags } from "../verbs/flags.ts";
import { stackCommand } from "./common.ts";

/** As automation/data/connect/sites.ts has them, which a list of verbs does not load. */
const PAGES: readonly SiteName[] = ["cvat", "grafana", "nuclio", "clearml"];

/** `open`: where a page of the lab is, from where the person is. */
export function openCommand(): Command {
  return stackCommand(
    "open",
    "print the address of a page; where this machine does not reach it, lead there by a port-forward until Ctrl-C",
    "open nuclio",
  )
    .addArgument(new Argument("<page>", "which").choices(PAGES))
    .action(async (page: SiteName, flags: StackFlags) => (await import("../verbs/open.ts")).open(page, flags));
}
