import { isComponent } from "../../components/records/tokens.ts";
import type { Change, FieldChange } from "../engine/changes.ts";
import { MARKS } from "./marks.ts";
import { withUnknownsSaid } from "./unknown.ts";

const SHOWN_CHARACTERS = 160;

/** The changes of a preview as text for a terminal. */
export function changesText(changes: readonly Change[]): string {
  return bySystem(changes)
    .flatMap(([system, own]) => [
      system,
      ...own.flatMap((change) => [
        `  ${MARKS[change.operation]} ${change.kind} ${change.short}`,
        ...change.fields.map((field) => `      ${fieldText(field)}`),
      ]),
    ])
    .join("\n");
}

function bySystem(changes: readonly Change[]): [string, Change[]][] {
  // Components hold no state of their own: what is new or gone shows in their children.
  const own = changes.filter(({ type }) => !isComponent(type) && !type.startsWith("pulumi:pulumi:"));
  const groups = new Map<string, Change[]>();
  for (const change of own) groups.set(change.system, [...(groups.get(change.system) ?? []), change]);
  const order = (a: Change, b: Change) => a.kind.localeCompare(b.kind) || a.short.localeCompare(b.short);
  return [...groups].map(([system, group]) => [system, group.sort(order)]);
}

function fieldText({ path, before, after }: FieldChange): string {
  if (before === undefined && after !== undefined) return `${path}: + ${valueText(after)}`;
  if (after === undefined && before !== undefined) return `${path}: - ${valueText(before)}`;
  // The provider says that it differs and not how.
  if (before === undefined) return `${path}: differs`;
  return `${path}: ${valueText(before)} -> ${valueText(after)}`;
}

/** A value in a line of a terminal, shortened. */
export function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  const line = withUnknownsSaid(text).replaceAll("\r", "\\r").replaceAll("\n", "\\n");
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}
