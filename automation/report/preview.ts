import { isComponent } from "../../components/records/tokens.ts";
import type { LedgerRow } from "../../components/charts/ledger.ts";
import type { Change, FieldChange, Operation } from "../engine/changes.ts";
import type { Outcome } from "../engine/run.ts";
import { countsText } from "../engine/counts.ts";
import { objectsText, sorted } from "./ledger.ts";

const MARKS: Record<Operation, string> = {
  create: "+",
  update: "~",
  replace: "±",
  delete: "-",
  keep: "=",
  import: "↧",
};
const SHOWN_CHARACTERS = 160;
/** How the engine's events spell a value that is known only once it is made. (sdk/nodejs/runtime/rpc.ts, unknownValue) */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A preview as Markdown: what changes, object by object, and which fixes these charts need. */
export function previewReport(
  stack: string,
  { changes, counts, warnings }: Outcome,
  ledger: readonly LedgerRow[],
): string {
  const lines = [`## Preview of ${stack}`, "", `${capital(countsText(counts, "will"))}.`, ""];
  for (const [system, own] of bySystem(changes)) {
    lines.push(`### ${system}`, "", ...own.flatMap(changeLines), "");
  }
  if (warnings.length > 0) lines.push("### Warnings", "", ...warnings.map((warning) => `- ${escaped(warning)}`), "");
  if (ledger.length > 0) lines.push(...ledgerLines(ledger));
  return `${lines.join("\n").trimEnd()}\n`;
}

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

function changeLines({ operation, kind, short, fields }: Change): string[] {
  return [
    `- \`${MARKS[operation]}\` ${operation} **${kind}** \`${short}\``,
    ...fields.map((field) => `  - \`${fieldText(field).replaceAll("`", "'")}\``),
  ];
}

function fieldText({ path, before, after }: FieldChange): string {
  if (before === undefined && after !== undefined) return `${path}: + ${valueText(after)}`;
  if (after === undefined && before !== undefined) return `${path}: - ${valueText(before)}`;
  // The provider says that it differs and not how.
  if (before === undefined) return `${path}: differs`;
  return `${path}: ${valueText(before)} -> ${valueText(after)}`;
}

function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  const line = text.replaceAll(UNKNOWN, "(known after up)").replaceAll("\r", "\\r").replaceAll("\n", "\\n");
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}

function ledgerLines(ledger: readonly LedgerRow[]): string[] {
  return [
    "### Fixes",
    "",
    "| chart | fix | outcome | objects | why |",
    "| --- | --- | --- | --- | --- |",
    ...sorted(ledger).map(
      ({ chart, id, outcome, objects, why }) =>
        `| ${[chart, id, outcome, objectsText(objects), why].map(cell).join(" | ")} |`,
    ),
  ];
}

const cell = (text: string) => escaped(text).replaceAll("|", "\\|");
const escaped = (text: string) =>
  text
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll("`", "\\`");
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
