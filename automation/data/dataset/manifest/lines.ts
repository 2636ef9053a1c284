import { HEADER } from "./record.ts";
import type { Runs } from "./runs.ts";

/**
 * The lines of a manifest. As long as they are those of the manifest that is there, one after the other, only their bytes are counted: nothing is
 * written for a manifest that does not change.
 */
export class Lines {
  /** Whether every line so far is one of the manifest that is there. */
  areAllKnown = true;
  private readonly runs: Runs;
  private readonly beginning: (bytes: number) => AsyncIterable<Buffer>;
  private bytes = HEADER.reduce((bytes, line) => bytes + line.length + 1, 0);
  private last: string | undefined;

  /** @param beginning so many bytes of the manifest that is there */
  constructor(runs: Runs, beginning: (bytes: number) => AsyncIterable<Buffer>) {
    this.runs = runs;
    this.beginning = beginning;
  }

  /**
   * @param isKnown it is the next line of the manifest that is there
   * @returns what must be waited for, where there is something
   */
  add(name: string, line: string, isKnown: boolean): Promise<void> | undefined {
    if (!this.areAllKnown) return this.runs.add(name, line);
    if (!isKnown) return this.begin().then(() => this.runs.add(name, line));
    this.bytes += line.length + 1;
    this.last = name;
    return undefined;
  }

  /** The file with all of them, in order. */
  async finish(): Promise<string> {
    if (this.areAllKnown) await this.begin();
    return this.runs.finish();
  }

  private async begin(): Promise<void> {
    this.areAllKnown = false;
    if (this.last !== undefined) await this.runs.startWith(this.beginning(this.bytes), this.last);
  }
}
