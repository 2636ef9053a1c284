import type * as z from "zod";
import { hasUnseen } from "./unseen.ts";
import { markAt, pathText, type Problem } from "./problems.ts";

/**
 * Texts and keys of a section with characters that nobody sees. In a terminal, a review and a pull request they hide what is there, and
 * no system takes them in a name; where a text may have lines, those stay. Secrets have rules of their own.
 */
export function unseenCharacters(section: string, schema: z.ZodType, value: unknown): Problem[] {
  const at = (inner: unknown, path: readonly PropertyKey[]): Problem[] => {
    if (typeof inner === "string") return textProblems(inner, path);
    if (Array.isArray(inner)) return inner.flatMap((item, index) => at(item, [...path, index]));
    if (typeof inner !== "object" || inner === null || Object.getPrototypeOf(inner) !== Object.prototype) return [];
    return Object.entries(inner).flatMap(([key, item]) => [
      ...keyProblems(key, [...path, key]),
      ...at(item, [...path, key]),
    ]);
  };
  const textProblems = (text: string, path: readonly PropertyKey[]): Problem[] => {
    const lines = markAt(schema, path, "lines");
    if (!hasUnseen(text, { lines }) || markAt(schema, path, "secret")) return [];
    const what = lines
      ? "a control character or a mark of direction"
      : "the end of a line, a control character or a mark of direction";
    return [{ path: pathText(section, path), message: `Has ${what}, which nobody sees: take it out.` }];
  };
  const keyProblems = (key: string, path: readonly PropertyKey[]): Problem[] =>
    hasUnseen(key)
      ? [{ path: pathText(section, path), message: "Its key has a character that nobody sees: take it out." }]
      : // JavaScript has a meaning of its own for it, and it would be lost without a word.
        key === "__proto__"
        ? [{ path: pathText(section, path), message: "Unknown key." }]
        : [];
  return at(value, []);
}
