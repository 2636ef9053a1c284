import { SHOWN } from "./names.ts";
import { byBytes } from "./order.ts";
import type { Moved } from "./tally.ts";

/** What the parts of a push came to, together. */
export function movedSum(parts: readonly Moved[]): Moved {
  const sum = (of: (part: Moved) => number) => parts.reduce((all, part) => all + of(part), 0);
  const firstOf = <T>(all: T[], name: (one: T) => string) =>
    all.sort((one, other) => byBytes(name(one), name(other))).slice(0, SHOWN);
  return {
    moved: { files: sum(({ moved }) => moved.files), bytes: sum(({ moved }) => moved.bytes) },
    replaced: sum(({ replaced }) => replaced),
    unchanged: { files: sum(({ unchanged }) => unchanged.files), bytes: sum(({ unchanged }) => unchanged.bytes) },
    others: {
      count: sum(({ others }) => others.count),
      first: firstOf(
        parts.flatMap(({ others }) => others.first),
        (key) => key,
      ),
      removed: sum(({ others }) => others.removed),
    },
    failed: {
      count: sum(({ failed }) => failed.count),
      first: firstOf(
        parts.flatMap(({ failed }) => failed.first),
        ({ path }) => path,
      ),
    },
  };
}
