import type { Part } from "../dataset/source.ts";

/** Work on a prefix of a bucket that pods do, each a part of it. */
export interface Work {
  verb: "check" | "manifest" | "push";
  bucket: string;
  prefix: string;
  /** By the index of the pod. Of a push they are as many, and say nothing: each pod sends what falls to it by the hash of its path. */
  parts: Part[];
  /** How many objects were there when it was cut. Undefined: the pods say. */
  objects?: number;
  /** The claim that is pushed from. */
  claim?: Claimed;
  /** Whether a push only says what it would do. */
  dryRun?: boolean;
  /** Whether every pixel is decoded. */
  deep: boolean;
  /** Objects that each pod reads side by side. */
  parallel: number;
  /** Where what the pods write lies until it is joined. */
  temporary: { bucket: string; folder: string };
  /** Whether packages lie there that the program loads. */
  hasPackages: boolean;
}

/** A folder of a claim: `images/2026`, or "" for all of it. */
export interface Claimed {
  name: string;
  folder: string;
}

/** How far a pod is. */
export interface PodProgress {
  objects: number;
  /** Of how many. Default: it was known before. */
  of?: number;
}

/** Keys of what is below the folder of temporary objects. The report of a part is written last: with it, a part is whole. */
export const TEMPORARY = {
  packages: "packages.tgz",
  progress: (index: number) => `${index}.progress`,
  lines: (index: number) => `${index}.jsonl`,
  report: (index: number) => `${index}.report`,
};

/** Files of a pod, below the folders that they are mounted in. */
export const FILES = { program: "program.mjs", work: "work.json", place: "place.json" };

/** With this a pod ends where the same again would end the same: a key that may not read, a bucket that is not there. */
export const IN_VAIN = 42;
