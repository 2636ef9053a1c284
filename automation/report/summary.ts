import pc from "picocolors";
import type { LedgerRow } from "../../components/charts/ledger.ts";
import { countsText } from "../engine/counts.ts";
import { duration } from "../progress.ts";
import { ledgerTable } from "./ledger.ts";
import { madeText } from "./made.ts";
import { placesText } from "./places.ts";
import { textTable } from "./table.ts";

/** What a rehearsal has to tell. */
export interface Summary {
  stack: string;
  counts: Readonly<Record<string, number>>;
  milliseconds: number;
  /** Objects in the lab's namespaces by kind. */
  objects: Readonly<Record<string, number>>;
  charts: readonly { name: string; note: string }[];
  /** What was taken to be in the lab's cluster. */
  assumed: readonly string[];
  /** Programs and what stands for what is not there: `miniature`, `stand-in`. */
  standIns: readonly string[];
  ledger: readonly LedgerRow[];
  /** What `up` warned of, as it would at home. */
  warnings: readonly string[];
  outputs: Readonly<Record<string, unknown>>;
}

/** The summary as a person reads it at the end of a rehearsal. */
export function summaryText(summary: Summary): string {
  const { stack, counts, milliseconds, objects, charts, assumed, standIns, ledger, warnings, outputs } = summary;
  const total = Object.values(objects).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(objects).sort(([, a], [, b]) => b - a);
  return [
    pc.bold(`${stack}: ${total} objects are on the API server, up in ${duration(milliseconds)}`),
    // Of resources of the stack, of which an object on the API server is one kind: what a kept rehearsal is run again for.
    `${countsText(counts, "did")} in the stack`,
    textTable(["kind", "objects"], kinds, { right: [1] }),
    "",
    pc.bold("Charts"),
    ...charts.map(({ name, note }) => `  ${name}: ${note}`),
    ...standIns.map((line) => pc.yellow(`  ${line}`)),
    "",
    ...section("Taken to be in your cluster", assumed.map((line) => `  ${line}`).join("\n")),
    ...section("Warnings", warnings.map((text) => `  ${text.replaceAll("\n", "\n  ")}`).join("\n")),
    pc.bold("Fixes"),
    ...fixesText(ledger),
    "",
    ...section("What is in it", madeText(outputs)),
    pc.bold("Where everything would be reached"),
    placesText(outputs),
  ].join("\n");
}

/** A titled part of the summary, with an empty line after it; nothing where there is nothing to say. */
function section(title: string, text: string): string[] {
  return text === "" ? [] : [pc.bold(title), text, ""];
}

/** The fixes that changed something as a table; of the others only the names: they are in `--json`, and in a preview's report. */
function fixesText(ledger: readonly LedgerRow[]): string[] {
  const named = (outcome: LedgerRow["outcome"]) =>
    ledger.filter((row) => row.outcome === outcome).map(({ chart, id }) => `${chart}/${id}`);
  const lines = (["already right", "not matched"] as const).map((outcome) => [outcome, named(outcome)] as const);
  return [
    ledgerTable(ledger.filter(({ outcome }) => outcome === "applied")),
    ...lines.filter(([, names]) => names.length > 0).map(([outcome, names]) => `${outcome}: ${names.join(", ")}`),
  ];
}
