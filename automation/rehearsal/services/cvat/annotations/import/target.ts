import path from "node:path";
import type { Store, StoredFrame, StoredLabel, StoredTask } from "../../store.ts";
import { Failure } from "../../workers.ts";
import type { Shape } from "../model.ts";

/** What annotations are read for. */
export interface Target {
  store: Store;
  task: StoredTask;
  frames: readonly StoredFrame[];
  labels: readonly StoredLabel[];
}

const withoutEnding = (name: string): string => name.slice(0, name.length - path.posix.extname(name).length);
const partsOf = (name: string): string[] => name.split("/").filter((part) => part !== "");
const folderOf = (name: string): string => {
  const folder = path.posix.dirname(name);
  return folder === "." ? "" : folder;
};

/**
 * Matches a data set's items to a task's pictures as CVAT does: the item with the longest path is looked for at the end of pictures' names,
 * and what stands before it there is taken to stand before all. (dataset_manager/bindings.py, find_dataset_root, match_frame)
 */
export class Matcher {
  readonly #frames: ReadonlyMap<string, number>;
  readonly #root: string | undefined;

  constructor(frames: readonly StoredFrame[], items: readonly string[]) {
    this.#frames = new Map(frames.map(({ name }, frame) => [withoutEnding(name), frame]));
    this.#root = this.#rootOf(items);
  }

  /** The number of its picture; undefined when no picture is its. */
  frame(item: string): number | undefined {
    const found = this.#frames.get(item);
    if (found !== undefined || !this.#root || item.startsWith(this.#root)) return found;
    return this.#frames.get(`${this.#root}/${item}`);
  }

  /** @throws Failure in CVAT's words */
  must(item: string): number {
    const frame = this.frame(item);
    if (frame === undefined)
      throw new Failure(
        `cvat.apps.dataset_manager.bindings.CvatImportError: Could not match item id: '${item}' with any task frame`,
      );
    return frame;
  }

  #rootOf(items: readonly string[]): string | undefined {
    let longest: string | undefined;
    for (const item of items)
      if (longest === undefined || partsOf(item).length > partsOf(longest).length) longest = item;
    if (longest === undefined) return undefined;
    const wanted = partsOf(longest);
    const match = [...this.#frames.keys()].find((name) => {
      const parts = partsOf(name);
      return wanted.every((part, at) => parts[parts.length - wanted.length + at] === part);
    });
    if (match === undefined) return undefined;
    const folder = folderOf(match);
    return folder.slice(0, folder.length - folderOf(longest).length).replace(/\/$/, "");
  }
}

/** The label of this name, or CVAT's complaint about the item's annotation. (5.5) */
export function labelNamed({ labels }: Target, name: string, item: string, number: number, what = "bbox"): StoredLabel {
  const label = labels.find((one) => one.name === name && one.parent_id === null);
  if (!label)
    throw new Failure(
      `cvat.apps.dataset_manager.bindings.CvatImportError: Image ${item}: can't import annotation #${number} (${what}): Label '${name}' is not registered for this task`,
    );
  return label;
}

/** Datumaro keeps two decimals. (datumaro/components/annotation.py) */
export const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A shape as an import makes it. (5.1) */
export function importedShape(
  { store }: Target,
  shape: Pick<Shape, "frame" | "label_id" | "type" | "points"> & Partial<Shape>,
): Shape {
  return {
    ...{ id: store.next("shapes"), job: 0, group: 0, source: "file", attributes: [] },
    ...{ occluded: false, outside: false, z_order: 0, rotation: 0, score: 1, elements: [] },
    ...shape,
  };
}
