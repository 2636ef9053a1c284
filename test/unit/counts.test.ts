import { expect, it } from "vitest";
import { countsText } from "../../automation/engine/counts.ts";

it.each<[Record<string, number>, "will" | "did", string]>([
  [{ create: 3, update: 1, same: 117 }, "will", "3 to create, 1 to update, 117 unchanged"],
  [{ same: 2, delete: 1, replace: 4, import: 5 }, "did", "4 replaced, 1 deleted, 5 imported, 2 unchanged"],
  [{ create: 0, same: 5 }, "will", "5 unchanged"],
  [{}, "did", "nothing"],
])("%j: what the engine %s do", (counts, words, text) => expect(countsText(counts, words)).toBe(text));
