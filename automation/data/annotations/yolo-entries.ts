import path from "node:path";
import { withoutExtension } from "../labels/label-tree.ts";
import type { Matched, MatchedSubset } from "../labels/match.ts";
import { Problems } from "../labels/problems.ts";
import { readLabels } from "../labels/text.ts";
import { smallFileReader, type ReadSmall } from "./small-files.ts";
import type { Entry } from "../zip/stored.ts";

/** What a zip of labels is made of. */
export interface YoloContent {
  /** Folder that label files are named from. */
  root: string;
  /** Names of the classes by number. */
  classes: readonly string[];
  subsets: readonly MatchedSubset[];
  /** Names of classes that no box may be of. Default: none. */
  unknown?: readonly string[];
}

/** What was found in the label files while they were read. */
export interface YoloCounts {
  files: number;
  /** Files that say that their picture has no boxes. */
  empty: number;
  /** Files with a byte order mark or other ends of lines, which were left out. */
  mended: number;
  boxes: number;
  /** Boxes by the name of their class, those of no box left out. */
  byClass: Record<string, number>;
}

/** What YOLO calls the only subset of a data set. */
const ONLY_SUBSET = "train";
/** Keys of obj.data that name no subset. (datumaro: YoloPath.RESERVED_CONFIG_KEYS) */
const RESERVED = ["classes", "names", "backup"];

/** @throws UserError, exit code 2, for names of subsets that obj.data cannot hold */
export function refuseSubsetNames(subsets: readonly MatchedSubset[], done: string): void {
  const problems = new Problems();
  for (const { name, files } of subsets)
    if (files.length > 0 && (RESERVED.includes(name) || /[=/\n]/.test(name)))
      problems.add(`A subset called ${JSON.stringify(name)} cannot be written into a zip of YOLO 1.1: rename it.`);
  problems.refuse(done);
}

/**
 * The files of a zip of YOLO 1.1, as CVAT imports it: every label file by the whole key of its frame, every subset with a list of its own. Each is
 * read when its turn comes, checked, and counted.
 * @param counts is added to
 * @param said is told how many files have been read, now and then
 * @throws UserError, exit code 2, after the last file, with all that is wrong in any of them
 */
export function* yoloEntries(
  { root, classes, subsets, unknown = [] }: YoloContent,
  counts: YoloCounts,
  done: string,
  said: (files: number) => void = () => undefined,
): Generator<Entry> {
  const full = subsets.filter(({ files }) => files.length > 0);
  yield text("obj.names", lines(classes));
  yield text("obj.data", objData(classes.length, full));
  for (const subset of full)
    yield text(listName(subset), lines(subset.files.map(({ frame }) => pictureLine(subset, frame))));
  const problems = new Problems();
  const byClass = new Map<number, number>();
  const found = { counts, byClass, problems, reader: smallFileReader() };
  for (const subset of full) {
    for (const matched of subset.files) {
      yield { name: labelName(subset, matched.frame), content: labelsOf(root, matched, classes, found) };
      if (counts.files % 1000 === 0) said(counts.files);
    }
  }
  for (const [number, boxes] of [...byClass].sort(([one], [two]) => one - two))
    counts.byClass[classes[number] ?? ""] = boxes;
  for (const name of unknown)
    if (counts.byClass[name] !== undefined)
      problems.add(
        `${counts.byClass[name]} boxes are of the class ${JSON.stringify(name)}, for which the task has no label.`,
      );
  problems.refuse(done);
}

export const noCounts = (): YoloCounts => ({ files: 0, empty: 0, mended: 0, boxes: 0, byClass: {} });

interface Found {
  counts: YoloCounts;
  byClass: Map<number, number>;
  problems: Problems;
  reader: ReadSmall;
}

/** Ends of lines or a mark at the beginning that Python's reader would stumble over. */
const MENDED = /\r|^\ufeff/;

function labelsOf(
  root: string,
  { file }: Matched,
  classes: readonly string[],
  { counts, byClass, problems, reader }: Found,
): Buffer {
  const bytes = reader(path.join(root, file.file));
  if (bytes === undefined) {
    problems.add(`${file.file}: it cannot be read.`);
    return Buffer.alloc(0);
  }
  const { boxes, problems: wrong, plain } = readLabels(bytes.toString(), classes.length);
  for (const { line, problem } of wrong) problems.add(`${file.file}:${line}: ${problem}`);
  let sum = 0;
  for (const [number, count] of boxes) {
    byClass.set(number, (byClass.get(number) ?? 0) + count);
    sum += count;
  }
  counts.files += 1;
  counts.boxes += sum;
  if (sum === 0) counts.empty += 1;
  if (plain === undefined) return bytes;
  if (MENDED.test(bytes.toString())) counts.mended += 1;
  return Buffer.from(plain);
}

const keyOf = ({ name }: MatchedSubset) => (name === "" ? ONLY_SUBSET : name);
const listName = (subset: MatchedSubset) => `${keyOf(subset)}.txt`;
const folderOf = (subset: MatchedSubset) => `obj_${keyOf(subset)}_data`;
const pictureLine = (subset: MatchedSubset, frame: string) => `data/${folderOf(subset)}/${frame}`;
const labelName = (subset: MatchedSubset, frame: string) => `${folderOf(subset)}/${withoutExtension(frame)}.txt`;

function objData(classes: number, subsets: readonly MatchedSubset[]): string {
  const lists = subsets.map((subset) => `${keyOf(subset)} = data/${listName(subset)}`);
  return lines([`classes = ${classes}`, ...lists, "names = data/obj.names", "backup = backup/"]);
}

const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join("");
const text = (name: string, content: string): Entry => ({ name, content: Buffer.from(content) });
