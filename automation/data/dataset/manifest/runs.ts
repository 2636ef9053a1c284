import { once } from "node:events";
import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { byBytes } from "../order.ts";
import { HEADER, nameIn } from "./record.ts";

const PIECE = 256 * 1024;

/**
 * Sorts any number of records by their names, on disk. What comes in order goes straight into one file, so that a sorted listing costs nothing
 * but that file; where the order is broken, records are sorted some at a time, and the files are merged.
 */
export class Runs {
  private readonly files: string[] = [];
  private readonly waiting: { name: string; line: string }[] = [];
  private stream: WriteStream | undefined;
  private piece = "";
  private last: string | undefined;
  private failure: Error | undefined;

  private readonly folder: string;
  private readonly held: number;

  /** @param held records that are sorted at a time once the order is broken */
  constructor(folder: string, held = 20_000) {
    this.folder = folder;
    this.held = held;
  }

  /** @returns what must be waited for, where there is something */
  add(name: string, line: string): Promise<void> | undefined {
    const isNext = this.waiting.length === 0 && (this.last === undefined || byBytes(this.last, name) <= 0);
    if (isNext) return this.append(name, line);
    this.waiting.push({ name, line });
    return this.waiting.length < this.held ? undefined : this.drain();
  }

  /** Begins with what another manifest begins with, header and all. @param last name in it */
  async startWith(pieces: AsyncIterable<Buffer>, last: string): Promise<void> {
    this.begin();
    this.piece = "";
    for await (const piece of pieces) {
      this.piece = piece.toString("latin1");
      await this.flush();
    }
    this.last = last;
  }

  /** The file with the header and every record, in order. */
  async finish(): Promise<string> {
    await this.drain();
    if (this.files.length === 0) this.begin();
    await this.close();
    const [only = ""] = this.files;
    return this.files.length === 1 ? only : this.merge(this.files.splice(0));
  }

  private async drain(): Promise<void> {
    this.waiting.sort((one, other) => byBytes(one.name, other.name));
    const [first] = this.waiting;
    if (first && this.last !== undefined && byBytes(this.last, first.name) > 0) await this.close();
    for (const { name, line } of this.waiting.splice(0)) await this.append(name, line);
  }

  private append(name: string, line: string): Promise<void> | undefined {
    if (!this.stream) this.begin();
    this.last = name;
    this.piece += `${line}\n`;
    return this.piece.length < PIECE ? undefined : this.flush();
  }

  private begin(): void {
    const file = path.join(this.folder, `run-${this.files.length}`);
    this.files.push(file);
    this.stream = createWriteStream(file, { highWaterMark: 2 * PIECE }).on("error", (error) => (this.failure = error));
    this.piece = HEADER.map((line) => `${line}\n`).join("");
  }

  private async flush(): Promise<void> {
    const { stream, piece } = this;
    this.piece = "";
    if (this.failure) throw this.failure;
    if (stream && piece !== "" && !stream.write(piece)) await once(stream, "drain");
  }

  private async close(): Promise<void> {
    const { stream } = this;
    if (!stream) return;
    await this.flush();
    this.stream = undefined;
    this.last = undefined;
    stream.end();
    await once(stream, "close");
  }

  private async merge(files: readonly string[]): Promise<string> {
    const all = new Runs(this.folder);
    all.files.push(...files);
    for await (const { name, line } of merged(files.map(recordsIn))) await all.append(name, line);
    await all.close();
    return all.files.at(-1) ?? "";
  }
}

interface Named {
  name: string;
  line: string;
}

async function* recordsIn(file: string): AsyncGenerator<Named, void> {
  let header = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (header++ < HEADER.length) continue;
    yield { name: nameIn(line) ?? "", line };
  }
}

async function* merged(runs: readonly AsyncGenerator<Named, void>[]): AsyncGenerator<Named, void> {
  const heads: { head: Named; rest: AsyncGenerator<Named, void> }[] = [];
  for (const rest of runs) {
    const next = await rest.next();
    if (next.done !== true) heads.push({ head: next.value, rest });
  }
  for (;;) {
    const [first, ...others] = heads;
    if (!first) return;
    const least = others.reduce((best, one) => (byBytes(one.head.name, best.head.name) < 0 ? one : best), first);
    yield least.head;
    const next = await least.rest.next();
    if (next.done === true) heads.splice(heads.indexOf(least), 1);
    else least.head = next.value;
  }
}
