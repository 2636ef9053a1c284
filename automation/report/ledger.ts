import type { LedgerRow } from "../../components/charts/ledger.ts";
import { textTable } from "./table.ts";

const ORDER: Record<LedgerRow["outcome"], number> = { applied: 0, "already right": 1, "not matched": 2 };
const SHOWN_OBJECTS = 3;

/** The ledger as a table for a terminal: what was changed first. */
export function ledgerTable(rows: readonly LedgerRow[]): string {
  return textTable(
    ["chart", "fix", "outcome", "objects", "why"],
    sorted(rows).map((row) => [row.chart, row.id, row.outcome, objectsText(row.objects), row.why]),
    { widths: [15, 36, 15, 34, 54] },
  );
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
