import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { UserError } from "../../../components/program/errors.ts";
import { classNames } from "./class-names.ts";
import { listed, withoutExtension, type LabelFile, type LabelSubset, type LabelTree } from "./label-tree.ts";
import { Problems } from "./problems.ts";
import { filesBelow } from "./walk.ts";

/** Keys of a data.yaml that name no subset. Any other with a path, or a list of them, does: CVAT writes the subset's own name. */
const RESERVED = [
  "path",
  "names",
  "nc",
  "download",
  "kpt_shape",
  "flip_idx",
  "colors",
  "channels",
  "roboflow",
  "yaml_file",
];
const LAST_IMAGES = /(^|\/)images(?=\/|$)(?!.*(^|\/)images(\/|$))/;
const FIRST_IMAGES = /(^|\/)images(?=\/|$)/;

/**
 * Where the labels of a picture, or of a folder of them, may be: `labels` in the place of the last `images` of its path, as Ultralytics looks
 * for them, or of the first. CVAT puts whole keys below its own `images/SUBSET`, and a key may have an `images` too.
 * (datumaro, plugins/data_formats/yolo/base.py: _get_labels_path_from_image_path)
 */
const labelPlaces = (place: string): string[] => [
  ...new Set([LAST_IMAGES, FIRST_IMAGES].map((images) => place.replace(images, "$1labels"))),
];

/**
 * What a data.yaml names: for each subset a folder of pictures or a list of them.
 * @throws UserError, exit code 2, for one that names no subsets
 */
export async function yamlTree(file: string, text: string): Promise<LabelTree> {
  const classes = classNames(file, text);
  const said = parse(text) as Record<string, unknown>;
  const root = await rootOf(file, said["path"]);
  const problems = new Problems();
  const subsets: LabelSubset[] = [];
  for (const [name, value] of Object.entries(said)) {
    const places = [value].flat().filter((one) => typeof one === "string");
    if (RESERVED.includes(name) || places.length === 0) continue;
    const files: LabelFile[] = [];
    for (const place of places) files.push(...(await filesOf({ root, file, place, problems })));
    subsets.push({ name, files });
  }
  if (subsets.length === 0)
    throw new UserError(`${file} names no subsets: keys like train and val, with a folder of pictures or a list.`, {
      exitCode: 2,
    });
  return { layout: "ultralytics", root, subsets, classes, problems };
}

/** `path` is mostly that of the machine where the file was made. */
async function rootOf(file: string, said: unknown): Promise<string> {
  const here = path.dirname(file);
  const there = typeof said === "string" ? path.resolve(here, said) : here;
  return (await isFolder(there)) ? there : here;
}

interface Place {
  root: string;
  /** The data.yaml. */
  file: string;
  place: string;
  problems: Problems;
}

async function filesOf({ root, file, place, problems }: Place): Promise<LabelFile[]> {
  const [bare = ""] = listed(place);
  // As its authors' exports write it, from a folder beside the one it lies in.
  const named = path.isAbsolute(bare) ? path.relative(root, bare) : bare.replace(/^(\.\.\/)+/, "");
  if (/\.txt$/i.test(named)) return byList(root, file, named, problems);
  const places = labelPlaces(named.replace(/\/+$/, ""));
  for (const labels of places) if (await isFolder(path.join(root, labels))) return below(root, labels);
  const [wanted = ""] = places;
  problems.add(`${file} names ${place}, and ${path.join(root, wanted)}, where its labels would be, is not there.`);
  return [];
}

async function below(root: string, labels: string): Promise<LabelFile[]> {
  const files: LabelFile[] = [];
  for await (const file of filesBelow(path.join(root, labels), ".txt"))
    if (file !== CLASSES) files.push(fileOf(path.posix.join(labels, file)));
  return files;
}

const fileOf = (file: string): LabelFile => ({ file, picture: withoutExtension(file.replace(LABELS, "$1images")) });
/** What programs for labelling write beside label files. */
const CLASSES = "classes.txt";
const LABELS = /(^|\/)labels(?=\/)(?!.*(^|\/)labels\/)/;

async function byList(root: string, yaml: string, list: string, problems: Problems): Promise<LabelFile[]> {
  const text = await readFile(path.join(root, list), "utf8").catch(() => undefined);
  if (text === undefined) {
    problems.add(`${yaml} names ${list}, which is not there.`);
    return [];
  }
  const there = new Map<string, ReadonlySet<string> | undefined>();
  const namesIn = async (folder: string) => {
    if (!there.has(folder)) there.set(folder, await readdir(path.join(root, folder)).then(asSet, () => undefined));
    return there.get(folder);
  };
  const missing = new Set<string>();
  const files: LabelFile[] = [];
  for (const picture of listed(text)) {
    const bare = withoutExtension(picture);
    const labels = labelPlaces(bare).map((place) => `${place}.txt`);
    const folders = await Promise.all(labels.map((label) => namesIn(path.posix.dirname(label))));
    // A picture without a label file is one without boxes.
    const label = labels.find((one, at) => folders[at]?.has(path.posix.basename(one)));
    if (label !== undefined) files.push({ file: label, picture: bare });
    else if (folders.every((names) => names === undefined)) missing.add(path.posix.dirname(labels[0] ?? ""));
  }
  for (const folder of missing)
    problems.add(`${path.join(root, list)} lists pictures whose labels would be in ${folder}, which is not there.`);
  return files;
}

/** `labels/` beside `images/`, with a folder for each subset where a list or a folder of pictures of its name says that it is one. */
export async function ultralyticsTree(root: string): Promise<LabelTree> {
  const entries = await readdir(path.join(root, "labels"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const isSubset = await Promise.all(
    folders.map(
      async (name) => (await isThere(path.join(root, `${name}.txt`))) || isFolder(path.join(root, "images", name)),
    ),
  );
  const loose = entries.some((entry) => entry.isFile() && /\.txt$/i.test(entry.name) && entry.name !== CLASSES);
  const asSubsets = !loose && folders.length > 0 && isSubset.every(Boolean);
  const subsets = asSubsets
    ? await Promise.all(folders.sort().map(async (name) => ({ name, files: await below(root, `labels/${name}`) })))
    : [{ name: "", files: await below(root, "labels") }];
  return { layout: "ultralytics", root, subsets, problems: new Problems() };
}

const asSet = (names: string[]): ReadonlySet<string> => new Set(names);
const isFolder = async (place: string) => (await stat(place).catch(() => undefined))?.isDirectory() === true;
const isThere = async (place: string) => (await stat(place).catch(() => undefined)) !== undefined;
