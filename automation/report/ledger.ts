import Table from "cli-table3";
import type { LedgerRow } from "../../components/charts/ledger.ts";

const ORDER: Record<LedgerRow["outcome"], number> = { applied: 0, "already right": 1, "not matched": 2 };
const SHOWN_OBJECTS = 3;

/** The ledger as a table for a terminal: what was changed first. */
export function ledgerTable(rows: readonly LedgerRow[]): string {
  const table = new Table({
    head: ["chart", "fix", "outcome", "objects", "why"],
    style: { head: [], border: [] },
    colWidths: [10, 26, 15, 34, 54],
    wordWrap: true,
  });
  for (const row of sorted(rows)) table.push([row.chart, row.id, row.outcome, objectsText(row.objects), row.why]);
  return table.toString();
}

/** Rows in the order a person reads them: outcome, chart, as declared. */
export function sorted(rows: readonly LedgerRow[]): LedgerRow[] {
  return [...rows].sort((a, b) => ORDER[a.outcome] - ORDER[b.outcome] || a.chart.localeCompare(b.chart));
}

/** `Deployment/a, Deployment/b, and 7 more`. */
export function objectsText(objects: readonly string[]): string {
  const rest = objects.length - SHOWN_OBJECTS;
  return objects.slice(0, SHOWN_OBJECTS).join(", ") + (rest > 0 ? `, and ${rest} more` : "");
}
