import Table from "cli-table3";
import pc from "picocolors";

export interface TableOptions {
  /** Columns of numbers, by position. */
  right?: readonly number[];
  /** Widths of the columns, in characters; words wrap. Default: as wide as their longest text. */
  widths?: readonly number[];
}

/** A table for a terminal: a line for each row and no frame. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  { right = [], widths }: TableOptions = {},
): string {
  const none = Object.fromEntries(FRAME.map((name) => [name, ""]));
  const table = new Table({
    head: head.map((text) => pc.dim(text)),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: none,
    colAligns: head.map((_, index) => (right.includes(index) ? "right" : "left")),
    ...(widths && { colWidths: [...widths], wordWrap: true }),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replace(/ +$/gm, "");
}

const FRAME = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
  "middle",
] as const;
