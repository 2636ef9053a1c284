import { isDeepStrictEqual } from "node:util";
import { textTable } from "../report/table.ts";
import type { Drift } from "./classify.ts";
import type { Changed, DriftedField, Gone } from "./finding.ts";

/** The verdict, for the first line. */
export function verdictOf({ accidents, changed, gone, unchecked, checked }: Drift): string {
  const left = unchecked.reduce((sum, { objects }) => sum + objects.length, 0);
  const rest = left === 0 ? "" : ` ${left === 1 ? "1 was" : `${left} were`} not checked.`;
  const found = changed.length + gone.length;
  if (accidents.length > 0) {
    const beside = found === 0 ? "" : ` Beside that: ${partsOf(changed, gone)}.`;
    return `${accidents.map(({ text }) => text).join(" ")}${beside}${rest}`;
  }
  if (checked === 0) return `Nothing could be checked.${rest}`;
  if (found > 0) return `Drift: ${partsOf(changed, gone)}, of ${checked} that were checked.${rest}`;
  if (left > 0) return `No drift in the ${checked} that were checked, but not all were.${rest}`;
  return `No drift: all ${checked} objects and records are as the last up left them.`;
}

function partsOf(changed: readonly Changed[], gone: readonly Gone[]): string {
  return [
    ...(changed.length > 0 ? [`${changed.length} changed${byWhom(changed)}`] : []),
    ...(gone.length > 0 ? [`${gone.length} deleted`] : []),
  ].join(", ");
}

function byWhom(changed: readonly Changed[]): string {
  const all = changed.flatMap(({ fields }) => fields.flatMap(({ by }) => (by === undefined ? [] : [by])));
  const names = [...new Set(all)].sort();
  return names.length === 0 ? "" : ` (by ${names.slice(0, 3).join(", ")}${names.length > 3 ? " and others" : ""})`;
}

/** `Deployment cvat/cvat-server`. */
export const named = ({ kind, short, namespace }: Gone): string =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${short}`;

/** As much of a value as a table has room for. */
const IN_TABLE = 48;

/** `"1" -> "2"`, `+ {"name":"DEBUG"}`, `- "x"`; of a list what it gained and lost. */
export function fieldWords({ how, before, after }: DriftedField, characters = 160): string {
  const text = (value: unknown) => valueText(value, characters);
  if (how === "added") return `+ ${text(after)}`;
  if (how === "removed") return `- ${text(before)}`;
  // Of what its system only says that it departed.
  if (before === undefined && after === undefined) return "differs";
  if (before === after) return `${text(before)} -> another`;
  if (Array.isArray(before) && Array.isArray(after)) {
    const [lost, gained] = [itemsOnlyIn(before, after), itemsOnlyIn(after, before)];
    if (lost.length + gained.length > 0)
      return [...lost.map((item) => `- ${text(item)}`), ...gained.map((item) => `+ ${text(item)}`)].join(" ");
  }
  return `${text(before)} -> ${text(after)}`;
}

const itemsOnlyIn = (items: readonly unknown[], others: readonly unknown[]): unknown[] =>
  items.filter((item) => !others.some((other) => isDeepStrictEqual(item, other)));

function valueText(value: unknown, characters: number): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replaceAll("\r", "\\r").replaceAll("\n", "\\n");
  return line.length > characters ? `${line.slice(0, characters)}…` : line;
}

/** Who did it, and when, as far as it is kept. */
export const whoWords = ({ by, at }: DriftedField): string =>
  by === undefined ? "nobody knows" : at === undefined ? by : `${by}, ${at}`;

/** What a look found, for a terminal. */
export function driftText(drift: Drift): string {
  const { changed, gone, unchecked, noise } = drift;
  const rows = [
    ...changed.flatMap((one) =>
      one.fields.map((field, at) => [
        at === 0 ? `${one.system}: ${named(one)}` : "",
        field.path,
        fieldWords(field, IN_TABLE),
        whoWords(field),
      ]),
    ),
    ...gone.map((one) => [`${one.system}: ${named(one)}`, "", "deleted", ""]),
  ];
  const count = noise.reduce((sum, row) => sum + row.count, 0);
  return [
    verdictOf(drift),
    ...(rows.length > 0 ? ["", textTable(["object", "field", "was -> is", "by"], rows)] : []),
    ...unchecked.map(
      ({ reason, objects }) =>
        `\nNot checked (${objects.length}): ${objects.slice(0, 5).join(", ")}${objects.length > 5 ? `, and ${objects.length - 5} more` : ""}\n  ${reason.replaceAll("\n", "\n  ")}`,
    ),
    ...(count > 0
      ? [
          `\n${count} differences are nobody's doing and not shown: ${noise.map(({ id, count: of }) => `${of} ${id}`).join(", ")} (--json says why).`,
        ]
      : []),
  ].join("\n");
}
