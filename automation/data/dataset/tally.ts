import type { ProgressTask } from "../../progress.ts";
import { PART } from "../store/parts.ts";
import { farText, type Far } from "./amounts.ts";
import { FirstOf, type NameProblem } from "./names.ts";

/** How many files are at work side by side; a store that writes to disk keeps so many busy. */
export const AT_ONCE = 24;
/** Bytes of files that are held at once, all of them together. */
export const HELD_BYTES = 5 * PART;

/** What a push or a pull came to. */
export interface Moved {
  /** Sent or fetched, or would be. */
  moved: Far;
  /** Of those, how many replace another of the name. */
  replaced: number;
  /** Size and checksum are those of the other side. */
  unchanged: Far;
  /** Only on the side that is written to. */
  others: { count: number; first: string[]; removed: number };
  /** What failed while others went on. */
  failed: { count: number; first: NameProblem[] };
}

export type SeenFar = (done: Far, all: Far) => void;

/** Counts what a push or a pull comes to, and shows how far it is. */
export class Tally {
  readonly others = new FirstOf<string>();
  readonly failed = new FirstOf<NameProblem>();
  readonly #all: Far;
  readonly #task: ProgressTask | undefined;
  readonly #seen: SeenFar;
  readonly #moved: Far = { files: 0, bytes: 0 };
  readonly #unchanged: Far = { files: 0, bytes: 0 };
  readonly #done: Far = { files: 0, bytes: 0 };
  readonly #began = performance.now();
  #replaced = 0;

  /**
   * @param all how much there is to be done
   * @param seen is told how much of it is. Default: nobody
   */
  constructor(all: Far, task: ProgressTask | undefined, seen: SeenFar = () => undefined) {
    this.#all = all;
    this.#task = task;
    this.#seen = seen;
  }

  /** So many bytes more have gone, or need not go. */
  readonly passed = (bytes: number): void => {
    this.#done.bytes += bytes;
    this.#tell();
  };

  same(bytes: number): void {
    add(this.#unchanged, bytes);
    this.passed(bytes);
  }

  /** @param replaces whether another was there under its name */
  moved(bytes: number, replaces: boolean): void {
    add(this.#moved, bytes);
    if (replaces) this.#replaced++;
  }

  /** One file more is done with, whatever came of it. */
  fileDone(): void {
    this.#done.files++;
    this.#tell();
  }

  result(removed: number): Moved {
    return {
      moved: this.#moved,
      replaced: this.#replaced,
      unchanged: this.#unchanged,
      others: { count: this.others.count, first: this.others.first, removed },
      failed: { count: this.failed.count, first: this.failed.first },
    };
  }

  #tell(): void {
    this.#seen(this.#done, this.#all);
    this.#task?.update(farText(this.#done, this.#all, performance.now() - this.#began));
  }
}

function add(to: Far, bytes: number): void {
  to.files++;
  to.bytes += bytes;
}
