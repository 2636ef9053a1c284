import path from "node:path";
import { Failure } from "../../workers.ts";
import type { Entry } from "../../zip.ts";
import type { Annotations, Shape } from "../model.ts";
import { pictureOf } from "../../data/picture.ts";
import { importedShape, labelNamed, Matcher, rounded, type Target } from "./target.ts";

/** CVAT wraps what its datumaro says. */
const importFails = (text: string): Failure =>
  new Failure(`cvat.apps.dataset_manager.bindings.CvatImportError: ${text}`);
/** Where an archive lies while it is read. */
const UNPACKED = "/home/django/data/tmp/tmp1";

/** YOLO 1.1, whose list of pictures is taken for pictures' labels too. (5.2 to 5.6; dataset_manager/formats/yolo.py) */
export function fromYolo(target: Target, files: readonly Entry[]): Annotations {
  const data = files.find(({ name }) => path.posix.basename(name) === "obj.data");
  if (!data)
    throw new Failure(
      'cvat.apps.dataset_manager.bindings.CvatDatasetNotFoundError: Check [format docs](https://docs.cvat.ai/docs//manual/advanced/formats/format-yolo). Dataset must contain a file: "obj.data"',
    );
  const folder = data.name.slice(0, data.name.length - "obj.data".length);
  const inside = new Map(
    files.filter(({ name }) => name.startsWith(folder)).map(({ name, bytes }) => [name.slice(folder.length), bytes]),
  );
  const settings = settingsIn(textOf(data.bytes));
  const names = linesOf(textOf(inside.get(localPath(settings.get("names") ?? "obj.names")) ?? Buffer.alloc(0)));
  const texts = [...inside.keys()]
    .filter((name) => name.endsWith(".txt"))
    .sort(rootFirst)
    .map(itemOf);
  const sizes = new Matcher(target.frames, texts);
  // Any other key names a subset. (datumaro, plugins/data_formats/yolo/base.py: _get_subset_names)
  const subsets = [...settings.keys()].filter((key) => !["backup", "classes", "names"].includes(key));
  const listed = subsets.flatMap((subset) =>
    listIn(settings.get(subset), inside).map((one) => ({ ...one, at: `('${one.item}', '${subset}')` })),
  );
  const matcher = new Matcher(
    target.frames,
    listed.map(({ item }) => item),
  );
  const shapes = listed.flatMap(({ item, image, at }) => {
    const file = `${image.slice(0, -path.posix.extname(image).length)}.txt`;
    const labels = inside.get(file);
    if (!labels)
      throw importFails(`Failed to import item ${at}: [Errno 2] No such file or directory: '${UNPACKED}/${file}'`);
    const size = sizeOf(target, sizes, item, inside.get(image));
    if (!size) throw importFails(`Failed to import item ${at}: Can't find image info for '${UNPACKED}/${image}'`);
    return boxesIn(target, textOf(labels), { item, at, names, matcher, ...size });
  });
  return { tags: [], shapes, tracks: [] };
}

interface Item {
  item: string;
  /** Item and subset, as Python writes a pair. */
  at: string;
  names: readonly string[];
  matcher: Matcher;
  width: number;
  height: number;
}

/** Of the picture in the archive, or of the task's, where the names match. */
function sizeOf({ frames }: Target, matcher: Matcher, item: string, image: Buffer | undefined) {
  const frame = matcher.frame(item);
  return (image && pictureOf(image)) ?? (frame === undefined ? undefined : frames[frame]);
}

/** In the order in which they are read. */
const FIELDS = [
  [0, "bbox label id", "int"],
  [3, "bbox width", "float"],
  [4, "bbox height", "float"],
  [1, "bbox center x", "float"],
  [2, "bbox center y", "float"],
] as const;

function boxesIn(target: Target, text: string, { item, at, names, matcher, width, height }: Item): Shape[] {
  return linesOf(text).map((line, number) => {
    const fields = line.split(/\s+/);
    const wrong = (why: string) => importFails(`Failed to import item ${at} annotation: ${why}`);
    if (fields.length !== 5)
      throw wrong(
        `Unexpected field count ${fields.length} in the bbox description. Expected 5 fields (label, xc, yc, w, h).`,
      );
    for (const [place, what, kind] of FIELDS)
      if (!Number.isFinite(Number(fields[place])))
        throw wrong(`Can't parse ${what} from '${fields[place] ?? ""}'. Expected <class '${kind}'>`);
    const [index = 0, x = 0, y = 0, w = 0, h = 0] = fields.map(Number);
    const name = names[index];
    if (name === undefined) throw wrong(`Undeclared label '${index}'`);
    const frame = matcher.must(item);
    const label = labelNamed(target, name, item, number);
    const points = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height].map(rounded);
    return importedShape(target, { frame, label_id: label.id, type: "rectangle", points });
  });
}

const textOf = (bytes: Buffer): string => bytes.toString("utf8").replace(/^\ufeff/, "");
const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");

function settingsIn(text: string): Map<string, string> {
  return new Map(
    linesOf(text).map((line) => {
      const [key = "", ...value] = line.split("=");
      return [key.trim(), value.join("=").trim()];
    }),
  );
}

const localPath = (name: string): string => path.posix.normalize(name).replace(/^data\//, "");

/** What an item is called: its path without `data/`, without the folder of the subset and without an ending. */
function itemOf(name: string): string {
  const parts = localPath(name).split("/");
  const inner = parts.length > 1 ? parts.slice(1).join("/") : (parts[0] ?? "");
  return inner.slice(0, inner.length - path.posix.extname(inner).length);
}

function listIn(list: string | undefined, inside: ReadonlyMap<string, Buffer>): { item: string; image: string }[] {
  if (list === undefined) return [];
  const bytes = inside.get(localPath(list));
  if (!bytes) throw importFails(`Can't find subset list file '${list}'`);
  return linesOf(textOf(bytes)).map((line) => ({ item: itemOf(line), image: localPath(line) }));
}

/** As Python's glob walks: what lies in a folder before what lies below. */
function rootFirst(one: string, other: string): number {
  return one.split("/").length - other.split("/").length || (one < other ? -1 : 1);
}
