import { setTimeout as pause } from "node:timers/promises";
import { json, type Answer } from "./answers.ts";

/** Something that goes wrong, for tests. */
export interface Fault {
  /** `POST cloudstorages`: the method and the path below `/api/`. */
  call: string;
  /**
   * `500`: an error page, and nothing was done. `503`: busy. `hang` and `hang-after`: never an answer, before or after it was done.
   * `drop-before` and `drop-after`: the connection breaks before or after it was done.
   */
  kind: "500" | "503" | "hang" | "hang-after" | "drop-before" | "drop-after";
  /** How often. Default: once. */
  times?: number;
}

/** What a test tells the stand-in to do wrong. */
export interface Orders {
  faults?: Fault[];
  /** Health checks that fail. */
  failing?: string[];
  /** Has registration and password reset be open, as in a server that does not take its settings. */
  registration?: "open";
}

const FOR_EVER_MS = 3_600_000;

/** The faults that are still to happen. */
export class Faults {
  #left: Required<Fault>[] = [];
  failing: readonly string[] = [];
  opened = false;

  order({ faults = [], failing = [], registration }: Orders): Answer {
    this.#left = faults.map((fault) => ({ times: 1, ...fault }));
    this.failing = failing;
    this.opened = registration === "open";
    return json(200, {});
  }

  /** The fault of this call, if one is due; it counts as having happened. */
  due(call: string): Fault["kind"] | undefined {
    const fault = this.#left.find((one) => one.call === call && one.times > 0);
    if (!fault) return undefined;
    fault.times -= 1;
    return fault.kind;
  }
}

export const hang = (): Promise<void> => pause(FOR_EVER_MS, undefined, { ref: false });
