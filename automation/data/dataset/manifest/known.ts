import { byBytes } from "../order.ts";
import { beginOf, HEADER, isOf, nameIn } from "./record.ts";

/**
 * What a manifest that is there says, read along with a listing in the same order, so that neither is held. What is out of order in it is not
 * known: its picture is read again.
 */
export class Known {
  /** Lines that were found to hold. */
  held = 0;
  /** Whether there is nothing in it but the header and lines that hold. */
  isAllHeld = true;
  private readonly pieces: AsyncGenerator<string[], void>;
  private batch: readonly string[] = [];
  private at = 0;
  private header = 0;
  private isOver = false;

  constructor(text: AsyncIterable<Buffer>) {
    this.pieces = linesOf(text);
  }

  /**
   * The line about these very bytes of a picture, where there is one. Names must be asked for in their order.
   * @returns a promise only where more of the manifest must be read first
   */
  find(name: string, etag: string, size: number): string | undefined | Promise<string | undefined> {
    const begin = beginOf(name);
    while (this.at < this.batch.length) {
      const line = this.batch[this.at] ?? "";
      if (this.header < HEADER.length) this.isAllHeld &&= line === HEADER[this.header++];
      else if (line.startsWith(begin)) {
        const holds = isOf(line, begin, etag, size);
        this.at += 1;
        if (holds) this.held += 1;
        else this.isAllHeld = false;
        return holds ? line : undefined;
      } else {
        const other = nameIn(line);
        // It and what stands behind may be about names to come.
        if (other !== undefined && byBytes(other, name) > 0) return undefined;
        this.isAllHeld = false;
      }
      this.at += 1;
    }
    return this.isOver ? undefined : this.more().then(() => this.find(name, etag, size));
  }

  /** Whether all of it holds, and nothing stands in it besides. */
  async holds(): Promise<boolean> {
    while (!this.isOver && this.at >= this.batch.length) await this.more();
    return this.isAllHeld && this.isOver && this.at >= this.batch.length;
  }

  async close(): Promise<void> {
    await this.pieces.return();
  }

  private async more(): Promise<void> {
    const next = await this.pieces.next();
    this.at = 0;
    this.batch = next.done === true ? [] : next.value;
    this.isOver = next.done === true;
  }
}

/** The lines of a stream, a piece at a time. */
async function* linesOf(text: AsyncIterable<Buffer>): AsyncGenerator<string[], void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of text) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
  }
  // A last line without its end is not as we write it, and nothing can be written behind it.
  if (rest !== "") yield ["", rest];
}
