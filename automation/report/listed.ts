import type { Block } from "./fitting.ts";

/** Lines of a list that stand or fall together. */
export const AT_ONCE = 10;

/** A list in parts, of which the later are worth a little less: where there is no room for all, the first stay. */
export function listed<T>(title: string, items: readonly T[], line: (item: T) => string, worth: number): Block[] {
  const parts = Math.ceil(items.length / AT_ONCE);
  return Array.from({ length: parts }, (_, at): Block => {
    const lines = items.slice(at * AT_ONCE, (at + 1) * AT_ONCE).map(line);
    const head = at === 0 ? [`### ${title}`, ""] : [];
    return { text: [...head, ...lines].join("\n"), what: title.toLowerCase(), worth: worth - at / 1_000 };
  });
}
