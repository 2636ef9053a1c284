import type { Part } from "./source.ts";

const HELD = 4096;

/**
 * Cuts names that come in their order into parts of as many names each, without holding them: every name of some is kept, of more every second,
 * then every fourth.
 */
export class Ranges {
  count = 0;
  private kept: string[] = [];
  private every = 1;

  private readonly held: number;

  /** @param held names that are kept at most, at least 2 */
  constructor(held = HELD) {
    this.held = held;
  }

  add(name: string): void {
    this.count += 1;
    if (this.count % this.every !== 0) return;
    this.kept.push(name);
    if (this.kept.length <= this.held) return;
    // The last of each pair: so each that stays has as many names before it as the one before.
    this.kept = this.kept.filter((_, at) => at % 2 === 1);
    this.every *= 2;
  }

  /** So many parts at most, which have all names that there are, and all that may come. */
  parts(wanted: number): Part[] {
    const ends = Array.from({ length: wanted - 1 }, (_, at) => {
      const end = Math.round(((at + 1) * this.count) / wanted / this.every);
      return end > 0 ? this.kept[end - 1] : undefined;
    });
    const cuts = [...new Set(ends.filter((end) => end !== undefined))];
    return [undefined, ...cuts].map((after, at) => ({
      ...(after !== undefined && { after }),
      ...(cuts[at] !== undefined && { until: cuts[at] }),
    }));
  }
}
