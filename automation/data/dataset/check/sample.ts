import { hashOf } from "./hashes.ts";

const TAKEN = 12;
const LARGEST = 64 * 2 ** 20;

/**
 * A few sound pictures from all over a data set: those whose names have the smallest hashes. So they are the same ones of the same data set each
 * time, in whatever parts it was looked at.
 */
export class Sample<F extends { name: string; size: number }> {
  private readonly kept: { hash: number; file: F }[] = [];

  offer(file: F): void {
    if (file.size > LARGEST) return;
    const hash = hashOf(file.name);
    const last = this.kept.at(-1);
    if (this.kept.length === TAKEN && last !== undefined && hash >= last.hash) return;
    this.kept.push({ hash, file });
    this.kept.sort((one, other) => one.hash - other.hash);
    this.kept.length = Math.min(this.kept.length, TAKEN);
  }

  get files(): F[] {
    return this.kept.map(({ file }) => file);
  }
}
