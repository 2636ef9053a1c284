import { withoutExtension } from "../labels/label-tree.ts";

/**
 * The frames of a task as CVAT finds them for the items of an import: by the whole key, or below the folder that the item with the most folders
 * lies in. Names without folders are found by the whole key alone: measured, CVAT takes the list for a picture and finds no folder.
 * (cvat-rest-measured.md 5.2, 5.3; cvat/apps/dataset_manager/bindings.py: match_frame, find_dataset_root)
 */
export class CvatFrames {
  readonly #frames: ReadonlyMap<string, string>;
  readonly #root: string;

  /** @param items of the zip, without extensions */
  constructor(frames: readonly string[], items: readonly string[]) {
    this.#frames = new Map(frames.map((frame) => [withoutExtension(frame), frame]));
    this.#root = this.#rootOf(items);
  }

  frameOf(item: string): string | undefined {
    return this.#frames.get(item) ?? (this.#root === "" ? undefined : this.#frames.get(`${this.#root}/${item}`));
  }

  /** What may be meant instead. */
  hint(item: string): string {
    const name = `/${item.slice(item.lastIndexOf("/") + 1)}`;
    for (const [key, frame] of this.#frames)
      if (key.endsWith(name)) return `; there is ${frame}. \`annotations zip\` writes whole keys`;
    return "";
  }

  #rootOf(items: readonly string[]): string {
    let longest = "";
    for (const item of items) if (item.split("/").length > longest.split("/").length) longest = item;
    if (!longest.includes("/")) return "";
    for (const key of this.#frames.keys())
      if (key.endsWith(`/${longest}`)) return key.slice(0, key.length - longest.length - 1);
    return "";
  }
}
