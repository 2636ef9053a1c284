import type { Entry } from "../../zip.ts";
import type { Value } from "../model.ts";
import { byFrame, type Exported } from "./source.ts";
import { pictureNameOf } from "./yolo.ts";

/** COCO's instances, a file for each subset, as CVAT's datumaro writes them. (datumaro, plugins/data_formats/coco) */
export function cocoFiles({ tasks, labels }: Exported): Entry[] {
  const own = labels.filter(({ parent_id }) => parent_id === null);
  const categories = own.map(({ name }, index) => ({ id: index + 1, name, supercategory: "" }));
  const category = new Map(own.map(({ id }, index) => [id, index + 1]));
  const valuesOf = (label_id: number, given: readonly Value[]) =>
    Object.fromEntries(
      (labels.find(({ id }) => id === label_id)?.attributes ?? []).map(({ id, name, default_value }) => [
        name,
        given.find(({ spec_id }) => spec_id === id)?.value ?? default_value,
      ]),
    );
  return [...new Set(tasks.map(({ subset }) => subset))].map((subset) => {
    const images: unknown[] = [];
    const annotations: unknown[] = [];
    for (const task of tasks.filter((one) => one.subset === subset)) {
      const found = byFrame(task);
      for (const { name, width, height, number } of task.frames) {
        const image_id = images.length + 1;
        images.push({
          id: image_id,
          width,
          height,
          file_name: pictureNameOf(task, name),
          license: 0,
          flickr_url: "",
          coco_url: "",
          date_captured: 0,
        });
        for (const { type, points, label_id, occluded, rotation, attributes, track, keyframe } of found.get(number)
          ?.shapes ?? []) {
          if (type !== "rectangle" && type !== "polygon") continue;
          const [xs, ys] = [points.filter((_, at) => at % 2 === 0), points.filter((_, at) => at % 2 === 1)];
          const [left, top] = [Math.min(...xs), Math.min(...ys)];
          const [w, h] = [Math.max(...xs) - left, Math.max(...ys) - top];
          annotations.push({
            ...{ id: annotations.length + 1, image_id, category_id: category.get(label_id) ?? 0 },
            ...{ segmentation: type === "polygon" ? [points] : [], area: w * h, bbox: [left, top, w, h], iscrowd: 0 },
            attributes: {
              ...valuesOf(label_id, attributes),
              occluded,
              ...(type === "rectangle" && { rotation }),
              ...(track !== undefined && { track_id: track, keyframe }),
            },
          });
        }
      }
    }
    const info = { contributor: "", date_created: "", description: "", url: "", version: "", year: "" };
    const licenses = [{ name: "", id: 0, url: "" }];
    const content = JSON.stringify({ licenses, info, categories, images, annotations });
    return { name: `annotations/instances_${subset}.json`, bytes: Buffer.from(content) };
  });
}
