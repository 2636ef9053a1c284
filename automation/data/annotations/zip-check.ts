import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import { classNames } from "../labels/class-names.ts";
import { listed, withoutExtension } from "../labels/label-tree.ts";
import { Problems } from "../labels/problems.ts";
import { readLabels } from "../labels/text.ts";
import { entriesOf, type ZipFileEntry } from "../zip/entries.ts";
import { CvatFrames } from "./cvat-frames.ts";

/** What a zip of YOLO 1.1 would bring into a task. */
export interface ZipContent {
  files: number;
  boxes: number;
  byClass: Record<string, number>;
}

/** What an import is held against. */
export interface ImportTarget {
  frames: readonly string[];
  labels: readonly string[];
}

const NOTHING = "Nothing was sent.";
const RESERVED = ["classes", "names", "backup"];

/**
 * Looks into a zip of YOLO 1.1 for all that would have CVAT's import fail, which says little and late: labels that the task does not have, frames
 * that are none of it, a picture in a list without its file, numbers. (cvat-rest-measured.md section 5)
 * @throws UserError, exit code 2, with all of it
 */
export async function zipContent(zip: string, { frames, labels }: ImportTarget): Promise<ZipContent> {
  const { settings, names, lists, root } = await partsOf(zip);
  const classes = classNames(`${zip}: obj.names`, names);
  const problems = new Problems();
  const wanted = wantedFiles(zip, settings, lists, problems);
  const content: ZipContent = { files: 0, boxes: 0, byClass: {} };
  const there = new CvatFrames(frames, [...wanted.values()]);
  for await (const entry of entriesOf(zip)) {
    const name = entry.name.startsWith(root) ? entry.name.slice(root.length) : "";
    const item = wanted.get(name);
    if (item === undefined) continue;
    wanted.delete(name);
    if (there.frameOf(item) === undefined) problems.add(`${name}: the task has no frame ${item}.*${there.hint(item)}`);
    take(entry, name, classes, content, problems);
  }
  for (const name of wanted.keys()) problems.add(`${name}: a list names its picture, and the zip does not have it.`);
  for (const [name, count] of Object.entries(content.byClass))
    if (!labels.includes(name))
      problems.add(
        `${count} boxes are of the class ${JSON.stringify(name)}, and the task has no such label. It has: ${labels.join(", ")}.`,
      );
  problems.refuse(NOTHING);
  return content;
}

function take(entry: ZipFileEntry, name: string, classes: readonly string[], content: ZipContent, problems: Problems) {
  const { boxes, problems: wrong } = readLabels(entry.content().toString(), classes.length);
  for (const { line, problem } of wrong) problems.add(`${name}:${line}: ${problem}`);
  for (const [number, count] of boxes) {
    const label = classes[number] ?? "";
    content.byClass[label] = (content.byClass[label] ?? 0) + count;
    content.boxes += count;
  }
  content.files += 1;
}

interface Parts {
  settings: string;
  names: string;
  /** Texts of the lists by their names. */
  lists: Map<string, string>;
  /** Folder in the zip that everything lies in, with a slash; "" for none. */
  root: string;
}

/** The few files that say what the others are. */
async function partsOf(zip: string): Promise<Parts> {
  const texts = new Map<string, string>();
  for await (const { name, content } of entriesOf(zip))
    if (!/(^|\/)obj_[^/]*data\//i.test(name) && /\.(data|names|txt)$/i.test(name))
      texts.set(name, content().toString());
  const settings = [...texts.keys()].find((name) => path.posix.basename(name) === "obj.data");
  if (settings === undefined)
    throw new UserError(`${zip} is no zip of YOLO 1.1: it has no obj.data. ${NOTHING}`, { exitCode: 2 });
  const root = settings.slice(0, -"obj.data".length);
  const names = texts.get(`${root}obj.names`);
  if (names === undefined)
    throw new UserError(`${zip} has no obj.names beside its obj.data. ${NOTHING}`, { exitCode: 2 });
  const lists = new Map([...texts].map(([name, text]) => [name.slice(root.length), text]));
  return { settings: texts.get(settings) ?? "", names, lists, root };
}

/** What CVAT calls the item of each label file that a list names. (datumaro: YoloExtractor.name_from_path) */
function wantedFiles(
  zip: string,
  settings: string,
  lists: Map<string, string>,
  problems: Problems,
): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const line of settings.split(/\r?\n/)) {
    const [, key, value] = /^\s*([^=]+?)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined || RESERVED.includes(key)) continue;
    const list = lists.get(value.replace(/^data\//, ""));
    if (list === undefined) problems.add(`${zip}: obj.data names ${value}, which is not there.`);
    for (const picture of listed(list ?? "")) {
      const bare = withoutExtension(picture);
      wanted.set(`${bare}.txt`, bare.split("/").slice(1).join("/") || bare);
    }
  }
  return wanted;
}
