const FIRST_ROOM = 1024;
const FULL = 0.7;

/** A set of texts of which only 53 bits each are kept: 16 to 32 MB for a million, whatever their length. */
export class TextSet {
  size = 0;
  private slots = new Float64Array(FIRST_ROOM);

  /** @returns whether it was there */
  add(hash: number): boolean {
    if (this.size >= this.slots.length * FULL) this.grow();
    const at = this.placeOf(hash);
    if (this.slots[at] === hash) return true;
    this.slots[at] = hash;
    this.size += 1;
    return false;
  }

  has(hash: number): boolean {
    return this.slots[this.placeOf(hash)] === hash;
  }

  *[Symbol.iterator](): Generator<number, void> {
    for (const hash of this.slots) if (hash !== 0) yield hash;
  }

  private placeOf(hash: number): number {
    const mask = this.slots.length - 1;
    let at = hash % this.slots.length;
    while (this.slots[at] !== 0 && this.slots[at] !== hash) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new Float64Array(before.length * 2);
    for (const hash of before) if (hash !== 0) this.slots[this.placeOf(hash)] = hash;
  }
}

/** 53 bits of a text, never 0. (cyrb53, public domain) */
export function hashOf(text: string): number {
  let one = 0xdeadbeef;
  let other = 0x41c6ce57;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 2654435761);
    other = Math.imul(other ^ unit, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909);
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & other) + (one >>> 0) || 1;
}
