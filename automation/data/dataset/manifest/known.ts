import { byCodePoint } from "../code-points.ts";
import { HEADER, knownOf, type KnownRecord } from "./record.ts";

/**
 * What a manifest that is there says, read along with a listing in the same order, so that neither is held. Where it is not in order, what stands
 * behind is not known.
 */
export class Known {
  /** Records that were read, and whether all of the file is as a run of ours writes it. */
  records = 0;
  isOurs = true;
  private readonly lines: AsyncGenerator<string[], void>;
  private batch: string[] = [];
  private at = 0;
  private header = 0;
  private current: KnownRecord | undefined;
  private isOver = false;

  constructor(text: AsyncIterable<Buffer | string>) {
    this.lines = linesOf(text);
  }

  /** The record of a name. Names must be asked for in their order. */
  async find(name: string): Promise<KnownRecord | undefined> {
    for (;;) {
      if (this.current) {
        const order = byCodePoint(this.current.name, name);
        if (order === 0) return this.current;
        if (order > 0) return undefined;
      }
      if (!this.advance() && !(await this.more())) return undefined;
    }
  }

  /** Reads what is left. */
  async finish(): Promise<void> {
    for (;;) {
      while (this.advance());
      if (!(await this.more())) return;
    }
  }

  /** To the next record of what was read. @returns whether there was one */
  private advance(): boolean {
    while (this.at < this.batch.length) {
      const line = this.batch[this.at++] ?? "";
      if (this.header < HEADER.length) {
        if (line !== HEADER[this.header]) this.isOurs = false;
        this.header += 1;
        continue;
      }
      const record = knownOf(line);
      const isNext = record && (!this.current || byCodePoint(this.current.name, record.name) < 0);
      if (!isNext) {
        this.isOurs = false;
        continue;
      }
      this.records += 1;
      this.current = record;
      return true;
    }
    return false;
  }

  private async more(): Promise<boolean> {
    if (this.isOver) return false;
    const next = await this.lines.next();
    if (next.done === true) {
      this.isOver = true;
      this.current = undefined;
      return false;
    }
    this.batch = next.value;
    this.at = 0;
    return true;
  }
}

/** The lines of a stream, a piece at a time. */
async function* linesOf(text: AsyncIterable<Buffer | string>): AsyncGenerator<string[], void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of text) {
    const lines = (rest + (typeof piece === "string" ? piece : decoder.decode(piece, { stream: true }))).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
  }
  if (rest !== "") yield [rest];
}
