import type { RunSummary } from "./runs.ts";

/** What a run says at its end. (components/backup/script/progress.py) */
export type Told = Partial<Omit<RunSummary, "outcome">> & {
  outcome: RunSummary["outcome"] | "held" | "refused";
  /** Why nothing was done. */
  why?: string;
};

/** Reads the lines of a run's log, each once. */
export class LineReader {
  result: Told | undefined;
  readonly #say: (text: string) => void;
  #rest = "";
  #whole = "";

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** The log as it is by now. Where it does not go on from what it was, it was begun anew. */
  takeWhole(log: string): void {
    if (log === "") return;
    const goesOn = log.startsWith(this.#whole);
    if (!goesOn) {
      this.#rest = "";
      this.result = undefined;
    }
    this.take(goesOn ? log.slice(this.#whole.length) : log);
    this.#whole = log;
  }

  take(piece: string): void {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    try {
      const { say, result } = JSON.parse(line) as { say?: string; result?: Told };
      if (say !== undefined) this.#say(say);
      if (result !== undefined) this.result = result;
    } catch {
      // What Python says of itself, such as a trace.
      this.#say(line);
    }
  }
}
