import { createHash } from "node:crypto";

export const SORTINGS = ["lexicographical", "natural", "predefined", "random"];

/** Names in the order of a task. (cvat-real-third-look.md, 9.2) */
export function sorted(names: readonly string[], sorting: string): string[] {
  switch (sorting) {
    case "natural":
      return [...names].sort(naturally);
    case "predefined":
      return [...names];
    case "random":
      return [...names].sort((one, other) => byCodePoint(shuffled(one), shuffled(other)));
    default:
      return [...names].sort(byCodePoint);
  }
}

const byCodePoint = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** Numbers in a name count as numbers. */
function naturally(one: string, other: string): number {
  const [ones, others] = [partsOf(one), partsOf(other)];
  for (const [index, part] of ones.entries()) {
    const against = others[index];
    if (against === undefined) return 1;
    const order = index % 2 === 1 ? Number(part) - Number(against) : byCodePoint(part, against);
    if (order !== 0) return order;
  }
  return ones.length - others.length;
}

/** Texts and numbers in turn. */
const partsOf = (name: string): string[] => name.split(/(\d+)/);

/** Any order but that of the names; here the same every time. */
const shuffled = (name: string): string => createHash("sha1").update(name).digest("hex");
