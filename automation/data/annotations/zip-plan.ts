import { readFile } from "node:fs/promises";
import { UserError } from "../../../components/program/errors.ts";
import { matched, type MatchedSubset } from "../labels/match.ts";
import { Problems } from "../labels/problems.ts";
import { classesOf, labelTree } from "../labels/tree.ts";
import { refuseSubsetNames, type YoloContent } from "./yolo-entries.ts";

/** What a zip is wanted of. */
export interface ZipWish {
  /** A folder, or a data.yaml. */
  place: string;
  /** File with the names of the classes. Default: the data set's own. */
  labels?: string;
  /** Names of the task's frames. */
  frames: readonly string[];
  /** Names of the task's labels. Default: not known, and the classes are not held against them. */
  taskLabels?: readonly string[];
  /** Leaves label files out that no frame belongs to, as those of another task of the same data set. Default: they are refused. */
  partial?: boolean;
}

/** What will be written, found out before a byte is. */
export interface ZipPlan extends YoloContent {
  layout: string;
  /** Label files that are left out, since no frame belongs to them. */
  leftOut: number;
  /** Frames that no label file is about. */
  unlabelled: number;
  /** Classes that the task has no label for: a box of one is refused. */
  unknown: readonly string[];
}

const NOTHING = "Nothing was written.";

/** @throws UserError, exit code 2, with all that does not fit: files without a frame, frames that two files are about, classes without a name */
export async function zipPlan({ place, labels, frames, taskLabels, partial = false }: ZipWish): Promise<ZipPlan> {
  const tree = await labelTree(place);
  const classes = await classesOf(tree, labels);
  const { subsets, problems, strangers, unlabelled } = matched(tree, frames, partial ? "left out" : "named");
  const all = new Problems();
  all.addAll(tree.problems);
  all.addAll(problems);
  const hint = strangers > 0 && !partial ? " Those of another task's pictures: --partial leaves them out." : "";
  all.refuse(`${NOTHING}${hint}`);
  refuseSubsetNames(subsets, NOTHING);
  if (subsets.every(({ files }) => files.length === 0))
    throw new UserError(
      `No label file in ${place} belongs to a frame of the task, as ${frames[0] ?? "none"}. ${NOTHING}`,
      {
        exitCode: 2,
      },
    );
  const unknown = taskLabels === undefined ? [] : classes.filter((name) => !taskLabels.includes(name));
  if (taskLabels !== undefined && unknown.length === classes.length)
    throw new UserError(
      `The task has none of the labels ${classes.join(", ")}. It has: ${taskLabels.join(", ") || "none"}. ${NOTHING}`,
      { exitCode: 2 },
    );
  return {
    layout: tree.layout,
    root: tree.root,
    classes,
    subsets,
    leftOut: partial ? strangers : 0,
    unlabelled,
    unknown,
  };
}

/** Names of frames out of a file, one a line. @throws UserError, exit code 2 */
export async function framesIn(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) throw new UserError(`${file} cannot be read.`, { exitCode: 2 });
  const names = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  if (names.length === 0)
    throw new UserError(`${file} names no frames: one a line, as CVAT names them.`, { exitCode: 2 });
  return names;
}

/** How many label files will be written, by subset. */
export function filesBySubset(subsets: readonly MatchedSubset[]): Record<string, number> {
  return Object.fromEntries(subsets.map(({ name, files }) => [name === "" ? "(no subset)" : name, files.length]));
}
