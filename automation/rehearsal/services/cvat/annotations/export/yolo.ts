import path from "node:path";
import { stringify } from "yaml";
import type { Entry } from "../../zip.ts";
import { byFrame, DEFAULT_SUBSET, type Exported, type ExportedTask } from "./source.ts";

/**
 * YOLO 1.1 and Ultralytics' as Datumaro writes them. CVAT was not seen to write either: its own Datumaro was missing. (inferred;
 * datumaro/plugins/data_formats/yolo)
 */

const text = (name: string, lines: readonly string[]): Entry => ({
  name,
  bytes: Buffer.from(lines.map((line) => `${line}\n`).join("")),
});
const withoutEnding = (name: string) => name.slice(0, name.length - path.posix.extname(name).length);
const namesOf = ({ labels }: Exported) => labels.filter(({ parent_id }) => parent_id === null).map(({ name }) => name);

/** Subsets keep their names; those without are in this one. */
const subsetOf = ({ subset }: ExportedTask): string => (subset === DEFAULT_SUBSET ? "train" : subset);

/** The lists of pictures by subset, each where the format has it, and a file of labels for each picture. */
function laid(
  exported: Exported,
  names: readonly string[],
  at: { labels: (subset: string) => string; pictures: (subset: string) => string },
): { lists: Map<string, string[]>; files: Entry[] } {
  const lists = new Map<string, string[]>();
  const files: Entry[] = [];
  for (const task of exported.tasks) {
    const subset = subsetOf(task);
    const list = lists.get(subset) ?? [];
    lists.set(subset, list);
    for (const { name, lines } of labelsIn(exported, task, names)) {
      files.push(text(`${at.labels(subset)}/${withoutEnding(name)}.txt`, lines));
      list.push(`${at.pictures(subset)}/${name}`);
    }
  }
  return { lists, files };
}

export function yoloFiles(exported: Exported): Entry[] {
  const names = namesOf(exported);
  const labels = (subset: string) => `obj_${subset}_data`;
  const { lists, files } = laid(exported, names, { labels, pictures: (subset) => `data/${labels(subset)}` });
  const settings = [
    `classes = ${names.length}`,
    ...[...lists.keys()].map((subset) => `${subset} = data/${subset}.txt`),
    "names = data/obj.names",
    "backup = backup/",
  ];
  return [
    text("obj.data", settings),
    text("obj.names", names),
    ...[...lists].map(([subset, list]) => text(`${subset}.txt`, list)),
    ...files,
  ];
}

export function ultralyticsFiles(exported: Exported): Entry[] {
  const names = namesOf(exported);
  const { lists, files } = laid(exported, names, {
    labels: (subset) => `labels/${subset}`,
    pictures: (subset) => `data/images/${subset}`,
  });
  const settings = {
    names: Object.fromEntries(names.map((name, index) => [index, name])),
    path: ".",
    ...Object.fromEntries([...lists.keys()].map((subset) => [subset, `${subset}.txt`])),
  };
  return [
    { name: "data.yaml", bytes: Buffer.from(stringify(settings)) },
    ...[...lists].map(([subset, list]) => text(`${subset}.txt`, list)),
    ...files,
  ];
}

/** A line for each box: label, middle and size as shares of the picture's. */
function labelsIn(exported: Exported, task: ExportedTask, names: readonly string[]) {
  const found = byFrame(task);
  const labels = new Map(exported.labels.map(({ id, name }) => [id, name]));
  return task.frames.map(({ name, width, height, number }) => ({
    name,
    lines: (found.get(number)?.shapes ?? [])
      .filter(({ type }) => type === "rectangle")
      .map(({ points: [left = 0, top = 0, right = 0, bottom = 0], label_id }) => {
        const shares = [
          (left + right) / 2 / width,
          (top + bottom) / 2 / height,
          (right - left) / width,
          (bottom - top) / height,
        ];
        return [names.indexOf(labels.get(label_id) ?? ""), ...shares.map((share) => share.toFixed(6))].join(" ");
      }),
  }));
}
