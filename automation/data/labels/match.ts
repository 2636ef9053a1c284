import path from "node:path";
import { withoutExtension, type LabelTree, type LabelFile } from "./label-tree.ts";
import { Problems } from "./problems.ts";

/** A label file and the frame that it is about. */
export interface Matched {
  file: LabelFile;
  /** Name of the frame, with its extension. */
  frame: string;
}

export interface MatchedSubset {
  /** "" where the data set has no subsets. */
  name: string;
  /** By the names of their frames. */
  files: Matched[];
}

export interface Matching {
  subsets: MatchedSubset[];
  /** Label files that no frame belongs to, or more than one. */
  problems: Problems;
  /** How many label files have no frame. */
  strangers: number;
  /** How many frames have no label file. */
  unlabelled: number;
}

/**
 * Finds the frame of each label file. CVAT names a frame by its whole key, and takes labels for it by that without the extension
 * (cvat-rest-measured.md section 5). A file belongs to the frame whose key its own path ends with, or that ends with it; where several do,
 * to the one that has most folders in common with it. A folder `images` of its own path need not be in the key, nor what is above it: pictures
 * are often sent from there.
 * @param withoutFrame whether a file that no frame belongs to is a problem. Default: it is, and is named
 */
export function matched(
  { root, subsets }: LabelTree,
  frames: readonly string[],
  withoutFrame: "named" | "left out" = "named",
): Matching {
  const problems = new Problems();
  const byName = framesByName(frames);
  for (const [name, same] of byName) refuseAlike(name, same, problems);
  const taken = new Map<string, string>();
  const above = path
    .resolve(root)
    .split(path.sep)
    .filter((part) => part !== "");
  let strangers = 0;
  const found = subsets.map(({ name, files }) => {
    const here: Matched[] = [];
    for (const file of files) {
      const candidates = byName.get(file.picture.slice(file.picture.lastIndexOf("/") + 1)) ?? [];
      const fitting = fits(candidates, file.picture, above);
      const [frame, other] = fitting;
      if (frame === undefined) {
        strangers += 1;
        if (withoutFrame === "named") problems.add(`${file.file}: no frame ${file.picture}.*${nearText(candidates)}`);
      } else if (other !== undefined) problems.add(`${file.file}: it may be about ${frame} or ${other}.`);
      else if (taken.has(frame))
        problems.add(`${file.file}: it is about ${frame}, and so is ${taken.get(frame) ?? ""}.`);
      else {
        taken.set(frame, file.file);
        here.push({ file, frame });
      }
    }
    const inOrder = here.every(({ frame }, at) => at === 0 || (here[at - 1]?.frame ?? "") < frame);
    if (!inOrder) here.sort((one, two) => (one.frame < two.frame ? -1 : 1));
    return { name, files: here };
  });
  return { subsets: found, problems, strangers, unlabelled: frames.length - taken.size };
}

function framesByName(frames: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const frame of frames) {
    const name = withoutExtension(frame.slice(frame.lastIndexOf("/") + 1));
    const same = found.get(name);
    if (same) same.push(frame);
    else found.set(name, [frame]);
  }
  return found;
}

const nearText = ([near]: readonly string[]) => (near === undefined ? "" : `; there is ${near}`);

function refuseAlike(name: string, same: readonly string[], problems: Problems): void {
  if (same.length < 2) return;
  const stems = new Set(same.map(withoutExtension));
  if (stems.size < same.length)
    problems.add(
      `The task has frames that differ in their extension alone: ${same.slice(0, 2).join(", ")}. CVAT cannot tell whose ${name}.txt is.`,
    );
}

/** Those of the candidates that a picture's path fits, and that fit it best. */
function fits(candidates: readonly string[], picture: string, above: readonly string[]): string[] {
  if (candidates.length === 0) return [];
  const own = picture.split("/");
  const below = own.length - 1 - own.lastIndexOf("images", -2);
  const whole = [...above, ...own];
  let best: string[] = [];
  let most = 0;
  for (const frame of candidates) {
    const key = withoutExtension(frame);
    if (key === picture) return [frame];
    const parts = key.split("/");
    const common = commonEnd(parts, whole);
    if (common < Math.min(parts.length, below) || common < most) continue;
    best = common > most ? [frame] : [...best, frame];
    most = common;
  }
  return best;
}

function commonEnd(one: readonly string[], other: readonly string[]): number {
  let count = 0;
  while (count < Math.min(one.length, other.length) && one.at(-1 - count) === other.at(-1 - count)) count++;
  return count;
}
