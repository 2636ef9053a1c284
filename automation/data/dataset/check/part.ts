import type { DataFile } from "../source.ts";
import type { Collected, NamesSeen } from "./collected.ts";
import { Findings, type Finding } from "./findings.ts";
import { labelHash, pictureHashes, type Names } from "./names.ts";
import { Sample } from "./sample.ts";
import { addTally, emptyTally, type Tally } from "./tally.ts";

/** A file of the sample, for whoever reads its bytes. */
export interface SampledFile {
  name: string;
  size: number;
  etag: string;
}

/** What a look at a part of a data set gathered, as another process reads it. Its names are kept in their order, by a few bytes each. */
interface PartReport {
  tally: Tally;
  findings: Finding[];
  sample: SampledFile[];
  /** How many numbers of eight bytes follow of each. */
  names: { pair: number; folded: number; label: number };
}

const ROOM = 1024;

/** Numbers in the order in which they came. */
class Numbers {
  length = 0;
  private room = new Float64Array(ROOM);

  add(number: number): void {
    if (this.length === this.room.length) {
      const before = this.room;
      this.room = new Float64Array(before.length * 2);
      this.room.set(before);
    }
    this.room[this.length++] = number;
  }

  bytes(): Buffer {
    return Buffer.from(this.room.buffer, 0, this.length * Float64Array.BYTES_PER_ELEMENT);
  }
}

/** The names of a part, of which only the whole data set tells what is the matter with them. */
export class PartNames implements NamesSeen {
  readonly pair = new Numbers();
  readonly folded = new Numbers();
  readonly labels = new Numbers();

  picture(name: string): void {
    const { pair, folded } = pictureHashes(name);
    this.pair.add(pair);
    this.folded.add(folded);
  }

  label(name: string): void {
    this.labels.add(labelHash(name));
  }
}

/** Where a look at a part begins. */
export function partBegun(): Collected<PartNames> {
  return { tally: emptyTally(), findings: new Findings(), names: new PartNames(), sample: new Sample() };
}

/** A part in bytes: a line of JSON, and the numbers. */
export function packed({ tally, findings, names, sample }: Collected<PartNames>): Buffer {
  const { pair, folded, labels } = names;
  const report: PartReport = {
    tally,
    findings: findings.list(),
    sample: sample.files.map(({ name, size, etag = "" }) => ({ name, size, etag })),
    names: { pair: pair.length, folded: folded.length, label: labels.length },
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(report)}\n`), pair.bytes(), folded.bytes(), labels.bytes()]);
}

/**
 * Adds a part to what came before it in the order of names.
 * @param bytes as {@link packed} made them
 * @param fileOf the bytes of a picture of the sample
 */
export function addPart(into: Collected<Names>, bytes: Buffer, fileOf: (file: SampledFile) => DataFile): void {
  const end = bytes.indexOf("\n");
  const { tally, findings, sample, names } = JSON.parse(bytes.subarray(0, end).toString()) as PartReport;
  addTally(into.tally, tally);
  for (const { kind, ...found } of findings) into.findings.append(kind, found);
  for (const file of sample) into.sample.offer(fileOf(file));
  const numberAt = (at: number) => bytes.readDoubleLE(end + 1 + at * Float64Array.BYTES_PER_ELEMENT);
  for (let at = 0; at < names.pair; at += 1)
    into.names.addPicture({ pair: numberAt(at), folded: numberAt(names.pair + at) });
  for (let at = 0; at < names.label; at += 1) into.names.addLabel(numberAt(names.pair + names.folded + at));
}
