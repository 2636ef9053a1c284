import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import { classNames } from "./class-names.ts";
import { darknetTree } from "./darknet.ts";
import { bareTree, type LabelTree } from "./label-tree.ts";
import { ultralyticsTree, yamlTree } from "./ultralytics.ts";

const YAML = /\.ya?ml$/i;

/**
 * The label files of a data set on disk. What it is laid out as is told by what lies there: `data.yaml` (Ultralytics, and what CVAT exports as
 * Ultralytics YOLO), `obj.data` (Darknet), `labels/` beside `images/`; else every `.txt` below is a label file beside its picture.
 * @param place a folder, or a `data.yaml`
 * @throws UserError, exit code 2, for a place that cannot be read or holds no label files
 */
export async function labelTree(place: string): Promise<LabelTree> {
  const at = await stat(place).catch(() => undefined);
  if (!at) throw new UserError(`${place} is not there.`, { exitCode: 2 });
  const found = at.isDirectory() ? await treeIn(place) : await treeOfFile(place);
  const tree = found.classes ? found : { ...found, ...(await namesBeside(found.root)) };
  if (tree.subsets.every(({ files }) => files.length === 0) && tree.problems.count === 0)
    throw new UserError(`${place} holds no label files (.txt).`, { exitCode: 2 });
  return tree;
}

/** Names of classes that lie where people put them, of a data set that does not say them itself. */
async function namesBeside(root: string): Promise<Pick<LabelTree, "classes">> {
  const file = await firstOf(root, ["obj.names", "classes.txt", "labels/classes.txt"]);
  return file === undefined ? {} : { classes: classNames(file, await readFile(file, "utf8")) };
}

async function treeOfFile(file: string): Promise<LabelTree> {
  if (YAML.test(file)) return yamlTree(file, await readFile(file, "utf8"));
  throw new UserError(`${file} is neither a folder nor a data.yaml.`, { exitCode: 2 });
}

async function treeIn(folder: string): Promise<LabelTree> {
  const yaml = await firstOf(folder, ["data.yaml", "data.yml", "dataset.yaml"]);
  if (yaml !== undefined) return treeOfFile(yaml);
  if ((await firstOf(folder, ["obj.data"])) !== undefined || (await firstOf(folder, ["obj_train_data"])) !== undefined)
    return darknetTree(folder);
  if ((await firstOf(folder, ["labels"])) !== undefined) return ultralyticsTree(folder);
  return bareTree(folder);
}

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = path.join(folder, name);
    if (await stat(file).catch(() => undefined)) return file;
  }
  return undefined;
}

/**
 * Names of the classes: of `--labels` where it is given, else of the data set itself.
 * @throws UserError, exit code 2, where neither names any
 */
export async function classesOf(tree: LabelTree, labels: string | undefined): Promise<string[]> {
  if (labels !== undefined) {
    const text = await readFile(labels, "utf8").catch(() => undefined);
    if (text === undefined) throw new UserError(`${labels} cannot be read.`, { exitCode: 2 });
    return classNames(labels, text);
  }
  if (tree.classes) return [...tree.classes];
  throw new UserError(
    `Nothing in ${tree.root} names the classes: give --labels FILE, with one name a line in the order of their numbers, or a data.yaml with names.`,
    { exitCode: 2 },
  );
}
