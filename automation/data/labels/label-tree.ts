import path from "node:path";
import { Problems } from "./problems.ts";
import { filesBelow } from "./walk.ts";

/** A label file and the picture it is about. */
export interface LabelFile {
  /** Path of the file, below the tree's root, with `/`. */
  file: string;
  /** Path of its picture as the layout says it, without the extension: `images/Train/a/im01`. */
  picture: string;
}

export interface LabelSubset {
  /** As the data set names it; "" where it has no subsets. */
  name: string;
  files: LabelFile[];
}

/** The label files of a data set. */
export interface LabelTree {
  layout: "darknet" | "ultralytics" | "beside the pictures";
  /** The folder that files are named from. */
  root: string;
  subsets: LabelSubset[];
  /** Names of the classes by number, where the data set says them. */
  classes?: string[];
  /** What does not fit together: lists that are not there, label files in no list. */
  problems: Problems;
}

/** Names a person gives to what lies beside label files and is none. */
const NO_LABELS =
  /^(classes|predefined_classes|train|val|valid|validation|test|readme|notes|license|requirements)\.txt$/i;

/** Every `.txt` below a folder, each beside its picture. */
export async function bareTree(root: string): Promise<LabelTree> {
  const files: LabelFile[] = [];
  for await (const file of filesBelow(root, ".txt"))
    if (!NO_LABELS.test(path.posix.basename(file))) files.push({ file, picture: withoutExtension(file) });
  return { layout: "beside the pictures", root, subsets: [{ name: "", files }], problems: new Problems() };
}

export function withoutExtension(file: string): string {
  const dot = file.lastIndexOf(".");
  return dot > file.lastIndexOf("/") + 1 ? file.slice(0, dot) : file;
}

/** Lines of a list of pictures, without what comes before a data set's own folder. (Darknet writes `data/`, Ultralytics `./`) */
export function listed(text: string): string[] {
  return text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map((line) =>
      line
        .trim()
        .replaceAll("\\", "/")
        .replace(/^\.\//, "")
        .replace(/^data\//, ""),
    )
    .filter((line) => line !== "");
}
