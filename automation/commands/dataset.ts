import { Command, InvalidArgumentError, Option } from "commander";
import type { CheckFlags } from "../verbs/dataset-check.ts";
import type { ListFlags } from "../verbs/dataset-ls.ts";
import type { ManifestFlags } from "../verbs/dataset-manifest.ts";
import type { MoveFlags, PushFlags } from "../verbs/dataset-move.ts";
import { stackCommand, wholeNumber } from "./common.ts";

/** `dataset`: pictures, films and label files in the bucket. */
export function datasetCommand(): Command {
  return new Command("dataset")
    .description("data sets in the bucket: sent, fetched, counted, checked for CVAT, and their manifests")
    .addCommand(
      datasetVerb("ls", "count what lies below a prefix, by folder and by format", "ls streets --depth 2")
        .argument("[prefix]", "a folder of the bucket (default: all of it)", "")
        .option("--depth <folders>", "how deep folders are told apart; 0: not at all", depth, 1)
        .action(async (prefix: string, flags: ListFlags) =>
          (await import("../verbs/dataset-ls.ts")).list(prefix, flags),
        ),
    )
    .addCommand(
      moveVerb("push", "send what differs from a folder to the bucket", "push ./streets streets --dry-run")
        .argument("<folder>", "of this machine; with --in-cluster of a claim: pvc:NAME/FOLDER")
        .argument("<prefix>", "a folder of the bucket, or / for the bucket itself")
        .addOption(inCluster())
        .option(
          "--parallel <count>",
          "with --in-cluster: pods (default: 4, or 1 where one node has the claim)",
          wholeNumber,
        )
        .action(async (folder: string, prefix: string, flags: PushFlags) =>
          (await move()).pushFolder(folder, prefix, flags),
        ),
    )
    .addCommand(
      moveVerb("pull", "fetch what differs from the bucket into a folder", "pull streets ./streets")
        .argument("<prefix>", "a folder of the bucket, or / for the bucket itself")
        .argument("<folder>", "of this machine; made where it is not there")
        .action(async (prefix: string, folder: string, flags: MoveFlags) =>
          (await move()).pullPrefix(prefix, folder, flags),
        ),
    )
    .addCommand(
      datasetVerb(
        "check",
        "look at every file of a prefix or a folder, and say what CVAT will make of it",
        "check pictures/run7",
      )
        .argument("<where>", "a prefix of the bucket, or a folder here: ./pictures, /data/pictures")
        .option("--deep", "decode every pixel: reads all bytes")
        .option("--quality <percent>", "quality of the task that is to be made of it", percent, 70)
        .addOption(parallel("files looked at side by side"))
        .addOption(inCluster())
        .action(async (where: string, flags: CheckFlags) =>
          (await import("../verbs/dataset-check.ts")).check(where, flags),
        ),
    )
    .addCommand(
      datasetVerb(
        "manifest",
        "write CVAT's manifest of a prefix, with width and height of every picture",
        "manifest pictures/run7",
      )
        .argument("<prefix>", "a prefix of the bucket; the manifest is written into it")
        .option("--skip-broken", "leave pictures out whose size cannot be read, instead of writing nothing")
        .option("--no-storage", "do not name it in the cloud storages of the stack file")
        .option("--dry-run", "write nothing")
        .addOption(parallel("pictures read side by side"))
        .addOption(inCluster())
        .action(async (prefix: string, flags: ManifestFlags) =>
          (await import("../verbs/dataset-manifest.ts")).manifest(prefix, flags),
        ),
    );
}

/** A verb about a data set in the bucket. */
function datasetVerb(name: string, description: string, example: string): Command {
  return stackCommand(name, description, `dataset ${example}`)
    .option("--bucket <role>", "what the bucket is for", "datasets")
    .option("--as <name>", "whose key of the object store (default: the only one's)");
}

const move = () => import("../verbs/dataset-move.ts");

/** A verb that brings one side to what the other is. */
function moveVerb(name: string, description: string, example: string): Command {
  return datasetVerb(name, description, example)
    .option("--dry-run", "compare, and say what would be done")
    .option("--delete", "remove what only the side has that is written to; without --yes only say what would go")
    .option("--yes <name>", "do that; the place that loses it once more, as it was given");
}

const inCluster = () =>
  new Option("--in-cluster", "read in pods of the lab's cluster, beside the data (needs vision-platform:images.node)");

const parallel = (what: string) =>
  new Option("--parallel <count>", `${what} (default: 16); with --in-cluster: pods (default: 4)`).argParser(
    wholeNumber,
  );

function depth(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("must be a whole number from 0 on.");
  return number;
}

function percent(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 100)
    throw new InvalidArgumentError("must be a whole number from 0 to 100.");
  return number;
}
