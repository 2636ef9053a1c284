import path from "node:path";
import { stringify } from "yaml";
import type { Entry } from "../../zip.ts";
import { byFrame, DEFAULT_SUBSET, type Exported, type ExportedTask } from "./source.ts";

/** YOLO 1.1 and Ultralytics', as CVAT's datumaro writes them. (datumaro, plugins/data_formats/yolo/exporter.py) */

const text = (name: string, lines: readonly string[]): Entry => ({
  name,
  bytes: Buffer.from(lines.map((line) => `${line}\n`).join("")),
});
const withoutEnding = (name: string) => name.slice(0, name.length - path.posix.extname(name).length);
const namesOf = ({ labels }: Exported) => labels.filter(({ parent_id }) => parent_id === null).map(({ name }) => name);

/** Subsets keep their names; tasks without are in `train`, or in the one that is called so in other letters. */
export function subsetOf({ tasks }: Exported, { subset }: ExportedTask): string {
  if (subset !== DEFAULT_SUBSET) return subset;
  return tasks.find((one) => one.subset.toLowerCase() === "train")?.subset ?? "train";
}

/** A frame of a film has the name of a picture. */
export const pictureNameOf = ({ task }: ExportedTask, name: string): string =>
  task.data?.mode === "interpolation" ? `${name}.png` : name;

/** The lists of pictures by subset, each where the format has it, and a file of labels for each picture. */
function laid(
  exported: Exported,
  names: readonly string[],
  at: {
    labels: (subset: string) => string;
    pictures: (subset: string) => string;
    /** Whether a picture without boxes has a file. */
    empty: boolean;
  },
): { lists: Map<string, string[]>; files: Entry[] } {
  const lists = new Map<string, Set<string>>();
  // Of a picture that comes twice the later one's boxes stay: those of tasks without a subset.
  const files = new Map<string, Entry>();
  const last = ({ subset }: ExportedTask) => Number(subset === DEFAULT_SUBSET);
  for (const task of [...exported.tasks].sort((one, other) => last(one) - last(other))) {
    const subset = subsetOf(exported, task);
    const list = lists.get(subset) ?? new Set();
    lists.set(subset, list);
    for (const { name, lines } of labelsIn(exported, task, names)) {
      const picture = pictureNameOf(task, name);
      const file = `${at.labels(subset)}/${withoutEnding(picture)}.txt`;
      if (lines.length > 0 || at.empty) files.set(file, text(file, lines));
      list.add(`${at.pictures(subset)}/${picture}`);
    }
  }
  return { lists: new Map([...lists].map(([subset, list]) => [subset, [...list]])), files: [...files.values()] };
}

export function yoloFiles(exported: Exported): Entry[] {
  const names = namesOf(exported);
  const labels = (subset: string) => `obj_${subset}_data`;
  const { lists, files } = laid(exported, names, {
    labels,
    pictures: (subset) => `data/${labels(subset)}`,
    empty: true,
  });
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
    empty: false,
  });
  const settings = {
    names: new Map(names.map((name, index) => [index, name])),
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
