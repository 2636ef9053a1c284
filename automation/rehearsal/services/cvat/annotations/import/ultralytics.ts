import path from "node:path";
import { parse } from "yaml";
import { pictureOf } from "../../data/picture.ts";
import { Failure } from "../../workers.ts";
import type { Entry } from "../../zip.ts";
import type { Annotations } from "../model.ts";
import { importedShape, labelNamed, Matcher, rounded, type Target } from "./target.ts";

/** Ultralytics' layout: `labels/SUBSET/…` beside `images/SUBSET/…`, with names in data.yaml. CVAT's reader was not seen at work. (inferred) */
export function fromUltralytics(target: Target, files: readonly Entry[]): Annotations {
  const data = files.find(({ name }) => /(^|\/)data\.ya?ml$/.test(name));
  if (!data)
    throw new Failure(
      'cvat.apps.dataset_manager.bindings.CvatDatasetNotFoundError: Check [format docs](https://docs.cvat.ai/docs//manual/advanced/formats/format-yolo-ultralytics). Dataset must contain a file: "data.yaml"',
    );
  const { names = {} } = parse(data.bytes.toString("utf8")) as { names?: Record<string, string> | string[] };
  const folder = data.name.slice(0, data.name.length - path.posix.basename(data.name).length);
  const labels = files.filter(({ name }) => name.startsWith(`${folder}labels/`) && name.endsWith(".txt"));
  const items = labels.map(({ name, bytes }) => ({ item: itemOf(name.slice(folder.length)), bytes, name }));
  const matcher = new Matcher(
    target.frames,
    items.map(({ item }) => item),
  );
  const shapes = items.flatMap(({ item, bytes, name }) => {
    const frame = matcher.must(item);
    const image = files.find((one) => one.name.startsWith(`${name.replace("labels/", "images/").slice(0, -4)}.`));
    const { width, height } = (image && pictureOf(image.bytes)) ?? target.frames[frame] ?? { width: 0, height: 0 };
    const lines = bytes
      .toString("utf8")
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "");
    return lines.map((line, number) => {
      const [index = 0, x = 0, y = 0, w = 0, h = 0] = line.trim().split(/\s+/).map(Number);
      const label = labelNamed(target, Object.values(names)[index] ?? String(index), item, number);
      const points = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height].map(
        rounded,
      );
      return importedShape(target, { frame, label_id: label.id, type: "rectangle", points });
    });
  });
  return { tags: [], shapes, tracks: [] };
}

/** Without `labels/`, the subset and the ending. */
const itemOf = (name: string): string =>
  name
    .split("/")
    .slice(2)
    .join("/")
    .replace(/\.txt$/, "");
