import path from "node:path";
import { Failure } from "../../workers.ts";
import type { Entry } from "../../zip.ts";
import type { Annotations } from "../model.ts";
import { importedShape, labelNamed, Matcher, rounded, type Target } from "./target.ts";

interface Coco {
  images: { id: number; file_name: string }[];
  categories: { id: number; name: string }[];
  annotations: {
    image_id: number;
    category_id: number;
    bbox: number[];
    segmentation?: number[][] | Record<string, unknown>;
  }[];
}

/** COCO's instances: polygons where there are, else boxes. CVAT's reader was not seen at work but where there is nothing. (5.6; inferred) */
export function fromCoco(target: Target, files: readonly Entry[]): Annotations {
  const instances = files.filter(({ name }) => /(^|\/)annotations\/instances_[^/]*\.json$/.test(name));
  if (instances.length === 0)
    throw new Failure(
      "cvat.apps.dataset_manager.bindings.CvatImportError: Failed to find dataset 'coco_instances' at '/tmp'",
    );
  const shapes = instances.flatMap(({ bytes }) => {
    const { images, categories, annotations } = JSON.parse(bytes.toString("utf8")) as Coco;
    const items = new Map(images.map(({ id, file_name }) => [id, withoutEnding(file_name)]));
    const names = new Map(categories.map(({ id, name }) => [id, name]));
    const matcher = new Matcher(target.frames, [...items.values()]);
    for (const item of items.values()) matcher.must(item);
    return annotations.flatMap(({ image_id, category_id, bbox, segmentation }, number) => {
      const item = items.get(image_id) ?? "";
      const frame = matcher.must(item);
      const label = labelNamed(target, names.get(category_id) ?? "", item, number, "bbox");
      const own = { frame, label_id: label.id };
      if (Array.isArray(segmentation) && segmentation.length > 0)
        return segmentation.map((points) =>
          importedShape(target, { ...own, type: "polygon", points: points.map(rounded) }),
        );
      const [x = 0, y = 0, w = 0, h = 0] = bbox;
      return [importedShape(target, { ...own, type: "rectangle", points: [x, y, x + w, y + h].map(rounded) })];
    });
  });
  return { tags: [], shapes, tracks: [] };
}

const withoutEnding = (name: string) => name.slice(0, name.length - path.posix.extname(name).length);
