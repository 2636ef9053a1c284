import { Command, Option } from "commander";
import type { ConfFlags } from "../verbs/clearml.ts";
import { stackCommand } from "./common.ts";

/** `clearml conf`: a complete clearml.conf for a person, or for an agent outside the cluster. */
export function clearmlCommand(): Command {
  const conf = stackCommand(
    "conf",
    "print a complete clearml.conf: addresses, credentials, object store",
    "clearml conf --for anna --output ~/clearml.conf",
  )
    .addOption(new Option("--for <username>", "the person: a name of vision-platform:clearml.users").conflicts("agent"))
    .option("--agent", "for a machine outside the cluster that runs clearml-agent")
    .option("--output <file>", "write it there, readable by you alone, instead of printing it")
    .option(
      "--store-ca <path>",
      "where that machine has the certificate of the object store's private authority; default: beside the --output file, where it is written too",
    )
    .option("--force", "overwrite the files")
    .action(async (flags: ConfFlags) => (await import("../verbs/clearml.ts")).writeConf(flags));
  return new Command("clearml").description("what people and machines need to use ClearML").addCommand(conf);
}
