import { setTimeout as pause } from "node:timers/promises";
import { json, type Answer } from "./answers.ts";
import type { WorkerOrders } from "./workers.ts";

/** Something that goes wrong, for tests. */
export interface Fault {
  /** `POST cloudstorages`: the method and the path below `/api/`. A `*` stands for one part: `PATCH jobs/*`. */
  call: string;
  /**
   * `405`: there is no such call. `500`: an error page, and nothing was done. `503`: busy. `429`: too many calls, again in a second. `hang` and
   * `hang-after`: never an answer, before or after it was done. `drop-before` and `drop-after`: the connection breaks before or after it was done.
   */
  kind: "405" | "429" | "500" | "503" | "hang" | "hang-after" | "drop-before" | "drop-after";
  /** How often. Default: once. */
  times?: number;
  /** How many such calls go well before. Default: none. */
  after?: number;
}

/** What a test tells the stand-in to do wrong. */
export interface Orders extends WorkerOrders {
  faults?: Fault[];
  /** Health checks that fail. */
  failing?: string[];
  /** Has registration and password reset be open, as in a server that does not take its settings. */
  registration?: "open";
  /** The policy agent: it is gone, or it allows everybody what an administrator may. */
  policy?: "down" | "allows all";
  /** What people do never comes to ClickHouse. */
  events?: "lost";
}

const FOR_EVER_MS = 3_600_000;

/** The faults that are still to happen. */
export class Faults {
  #left: (Required<Fault> & { pattern: RegExp })[] = [];
  failing: readonly string[] = [];
  opened = false;
  lost = false;
  policy: Orders["policy"];

  order({ faults = [], failing = [], registration, policy, events }: Orders): Answer {
    this.#left = faults.map((fault) => ({ times: 1, after: 0, ...fault, pattern: patternOf(fault.call) }));
    this.failing = failing;
    this.opened = registration === "open";
    this.lost = events === "lost";
    this.policy = policy;
    return json(200, {});
  }

  /** The fault of this call, if one is due; it counts as having happened. */
  due(call: string): Fault["kind"] | undefined {
    const fault = this.#left.find((one) => one.pattern.test(call) && one.times > 0);
    if (!fault) return undefined;
    if (fault.after > 0) {
      fault.after -= 1;
      return undefined;
    }
    fault.times -= 1;
    return fault.kind;
  }
}

function patternOf(call: string): RegExp {
  const parts = call.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`);
}

export const hang = (): Promise<void> => pause(FOR_EVER_MS, undefined, { ref: false });
