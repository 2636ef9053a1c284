import type { Bytes } from "./bytes.ts";
import type { Found } from "./found.ts";
import { asTurn, turnBy, type Turn } from "./turn.ts";

const WIDTH = 256;
const HEIGHT = 257;
const BITS = 258;
const ORIENTATION = 274;
const XMP = 700;
/** Where the pixels lie, and how many bytes: strips or tiles. */
const PLACES = [
  [273, 279],
  [324, 325],
] as const;
/** Bytes of a value, by its type. */
const SIZES: Partial<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 16: 8 };
/** Values of one entry that are read at most. */
const MOST_VALUES = 100_000;

interface Entry {
  type: number;
  count: number;
  /** Where its values lie in the file. */
  at: number;
}

interface Reader {
  little: boolean;
  big: boolean;
  bytes: Bytes;
}

/** Reads the first directory, wherever in the file it lies, and whether the pixels it names are in the file. */
export async function lookAtTiff(bytes: Bytes, ends: boolean): Promise<Found> {
  const head = await bytes.at(0, 16);
  const little = head[0] === 0x49;
  const reader = { little, big: head[little ? 2 : 3] === 43, bytes };
  if (head.length < (reader.big ? 16 : 8)) return { problem: { kind: "noSize", detail: "it ends in its header" } };
  const at = reader.big ? number(head, 8, 8, little) : number(head, 4, 4, little);
  const entries = await directory(reader, at);
  if (!entries) {
    const detail = `its directory would lie at byte ${at} of ${bytes.size}`;
    return { problem: { kind: "damagedHeader", detail } };
  }
  const first = async (tag: number) => (await values(reader, entries.get(tag)))[0];
  const width = (await first(WIDTH)) ?? 0;
  const height = (await first(HEIGHT)) ?? 0;
  const turn: Turn =
    asTurn((await first(ORIENTATION)) ?? 0) ?? turnBy(undefined, await xmpOf(reader, entries.get(XMP)));
  const header = { width, height, depth: (await first(BITS)) ?? 1, turn };
  if (!ends) return { header };
  const end = await endOfPixels(reader, entries);
  if (end <= bytes.size) return { header };
  return { header, problem: { kind: "cutOff", detail: `its pixels would end at byte ${end} of ${bytes.size}` } };
}

/** Undefined where it does not lie in the file. */
async function directory({ little, big, bytes }: Reader, at: number): Promise<Map<number, Entry> | undefined> {
  const [countSize, size, valueSize] = big ? [8, 20, 8] : [2, 12, 4];
  const head = await bytes.at(at, countSize);
  if (at < 8 || head.length < countSize) return undefined;
  const count = number(head, 0, countSize, little);
  const table = await bytes.at(at + countSize, count * size);
  if (count === 0 || table.length < count * size) return undefined;
  const entries = new Map<number, Entry>();
  for (let entry = 0; entry < table.length; entry += size) {
    const type = number(table, entry + 2, 2, little);
    const values = number(table, entry + 4, big ? 8 : 4, little);
    const place = entry + (big ? 12 : 8);
    const within = values * (SIZES[type] ?? 8) <= valueSize;
    const own = at + countSize + place;
    entries.set(number(table, entry, 2, little), {
      type,
      count: values,
      at: within ? own : number(table, place, valueSize, little),
    });
  }
  return entries;
}

async function values({ little, bytes }: Reader, entry: Entry | undefined): Promise<number[]> {
  const size = entry && SIZES[entry.type];
  if (!size) return [];
  const count = Math.min(entry.count, MOST_VALUES);
  const read = await bytes.at(entry.at, count * size);
  return Array.from({ length: Math.floor(read.length / size) }, (_, index) => number(read, index * size, size, little));
}

async function xmpOf({ bytes }: Reader, entry: Entry | undefined): Promise<Buffer | undefined> {
  return entry && bytes.at(entry.at, Math.min(entry.count, MOST_VALUES));
}

async function endOfPixels(reader: Reader, entries: Map<number, Entry>): Promise<number> {
  for (const [offsets, counts] of PLACES) {
    if (!entries.has(offsets)) continue;
    const starts = await values(reader, entries.get(offsets));
    const lengths = await values(reader, entries.get(counts));
    return starts.reduce((end, start, index) => Math.max(end, start + (lengths[index] ?? 0)), 0);
  }
  return 0;
}

function number(buffer: Buffer, at: number, size: number, little: boolean): number {
  if (size === 8) return Number(little ? buffer.readBigUInt64LE(at) : buffer.readBigUInt64BE(at));
  return little ? buffer.readUIntLE(at, size) : buffer.readUIntBE(at, size);
}
