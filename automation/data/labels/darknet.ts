import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { classNames } from "./class-names.ts";
import { listed, withoutExtension, type LabelFile, type LabelSubset, type LabelTree } from "./label-tree.ts";
import { Problems } from "./problems.ts";
import { filesBelow } from "./walk.ts";

/** What `obj.data` says besides its subsets. (datumaro: YoloPath.RESERVED_CONFIG_KEYS) */
const RESERVED = ["classes", "names", "backup"];

/** Darknet's layout, as CVAT writes it for YOLO 1.1: `obj.data` names a list for each subset, and label files lie in `obj_SUBSET_data`. */
export async function darknetTree(root: string): Promise<LabelTree> {
  const problems = new Problems();
  const said = settings(await textOf(root, "obj.data"));
  const lists = [...said].filter(([key]) => !RESERVED.includes(key));
  const subsets = lists.length > 0 ? await byLists(root, lists, problems) : await byFolders(root);
  const file = (said.get("names") ?? "obj.names").replace(/^data\//, "");
  const names = await textOf(root, file);
  return {
    layout: "darknet",
    root,
    subsets,
    ...(names !== undefined && { classes: classNames(path.join(root, file), names) }),
    problems,
  };
}

async function byLists(root: string, lists: readonly [string, string][], problems: Problems): Promise<LabelSubset[]> {
  const there = new Set<string>();
  for (const folder of await dataFolders(root))
    for await (const file of filesBelow(path.join(root, folder), ".txt")) there.add(`${folder}/${file}`);
  const subsets: LabelSubset[] = [];
  for (const [name, value] of lists) {
    const file = value.replace(/^data\//, "");
    const text = await textOf(root, file);
    if (text === undefined) problems.add(`${path.join(root, "obj.data")} names ${file}, which is not there.`);
    const files: LabelFile[] = [];
    for (const picture of listed(text ?? "")) {
      const label = `${withoutExtension(picture)}.txt`;
      if (there.delete(label)) files.push(fileOf(label));
      else problems.add(`${path.join(root, file)} lists ${picture}, and ${label} is not there.`);
    }
    subsets.push({ name, files });
  }
  for (const file of there) problems.add(`${path.join(root, file)} stands in no list.`);
  return subsets;
}

async function byFolders(root: string): Promise<LabelSubset[]> {
  const subsets: LabelSubset[] = [];
  for (const folder of await dataFolders(root)) {
    const files: LabelFile[] = [];
    for await (const file of filesBelow(path.join(root, folder), ".txt")) files.push(fileOf(`${folder}/${file}`));
    subsets.push({ name: /^obj_(.+)_data$/.exec(folder)?.[1] ?? "train", files });
  }
  return subsets;
}

/** The first part of its path is the subset's folder. (datumaro: YoloExtractor.name_from_path) */
function fileOf(file: string): LabelFile {
  return { file, picture: withoutExtension(file).split("/").slice(1).join("/") };
}

async function dataFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && /^obj_.*data$/i.test(entry.name));
  return folders.map(({ name }) => name).sort();
}

/** `key = value` lines. */
function settings(text = ""): Map<string, string> {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value] as const];
  });
  return new Map(lines);
}

const textOf = (root: string, file: string) => readFile(path.join(root, file), "utf8").catch(() => undefined);
