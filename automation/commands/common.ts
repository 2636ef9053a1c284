import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { PROJECT_FOLDER } from "../project.ts";

/** A verb about a stack, with the flags they all have. */
export function stackCommand(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .option("--stack <name>", "the stack, and so the file Pulumi.NAME.yaml", "homelab")
    .addOption(
      new Option("--folder <path>", "where Pulumi.yaml and the stack files lie")
        .default(PROJECT_FOLDER, "this program's folder")
        .argParser((folder) => path.resolve(folder)),
    )
    .option("--json", "one JSON document on stdout, everything else on stderr")
    .addHelpText("after", `\nExample:\n  npm run platform -- ${example}`);
}

/** A verb about the data of a lab: as whom it works, and in which organization. */
export function dataCommand(name: string, description: string, example: string): Command {
  return stackCommand(name, description, example)
    .option(
      "--as <name>",
      "a person of the stack, whose key of the object store is used, and in CVAT the account, where there is one (default: the only one who has a key; in CVAT the superuser)",
    )
    .option("--org <slug>", 'organization in CVAT; "" is the own space (default: the only one)');
}

/** What `--forget-lost` says of itself, in up and destroy alike. */
export const FORGET_LOST = "let go, in state alone, of what was lost with its cluster or its namespace";

/** What `--without-backup` says of itself, in up and upgrade alike. */
export const WITHOUT_BACKUP =
  "go to another release of CVAT or ClearML though its database has no backup of the last day: then nothing leads back";

/** A whole number from 1 on, for `--parallel`. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("must be a whole number from 1 on.");
  return number;
}

/** A share from 0 to 1, for `--threshold`. */
export function share(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError("must be a number from 0 to 1.");
  return number;
}

/** `--chart NAME=PATH`, for what is rehearsed with another chart than the locked one. */
export function chartOption(): Option {
  return new Option(
    "--chart <name=path>",
    "install this chart folder or .tgz instead of the locked one; may be repeated",
  )
    .argParser(chartPath)
    .default({}, "none");
}

function chartPath(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || path === undefined)
    throw new InvalidArgumentError("must be NAME=PATH, for example clearml=./clearml-7.14.7.tgz.");
  return { ...before, [name]: path };
}
