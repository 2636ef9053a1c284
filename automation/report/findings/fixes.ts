import type { LedgerRow } from "../../../components/charts/ledger.ts";
import type { FindingRow, Found } from "./finding.ts";

/** What becomes of the fixes that the charts need. */
export const FIX_ROWS: readonly FindingRow[] = [
  {
    id: "fix-applies",
    severity: "note",
    title: "a fix applies newly",
    find: ({ fixes: { before, after } }) =>
      before.length === 0
        ? []
        : after
            .filter(applies)
            .filter((row) => !before.some(isSame(row)))
            .map(said("applies now")),
  },
  {
    id: "fix-not-needed",
    severity: "note",
    title: "a fix is not needed any more",
    find: ({ fixes: { before, after } }) =>
      before
        .filter(applies)
        // Of a chart that goes, nothing is left to fix.
        .filter((row) => after.some(({ chart }) => chart === row.chart) && !after.some(isSame(row)))
        .map(said("is not needed any more")),
  },
];

const applies = ({ outcome }: LedgerRow) => outcome === "applied";
const isSame = (row: LedgerRow) => (other: LedgerRow) =>
  applies(other) && other.chart === row.chart && other.id === row.id;
const said =
  (what: string) =>
  ({ chart, id, why }: LedgerRow): Found => ({
    system: "lab",
    object: `Fix ${id}`,
    text: `of ${chart} ${what}: ${why}`,
  });
