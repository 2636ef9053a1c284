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

  constructor(say: (text: string) => void) {
    this.#say = say;
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
