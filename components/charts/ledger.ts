import type { Fix } from "./fixes.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";

/** What became of one fix in one run. */
export interface LedgerRow {
  chart: string;
  id: string;
  /** `applied`: something was changed. `already right`: the objects are there and need nothing. `not matched`: no such object. */
  outcome: "applied" | "already right" | "not matched";
  /** The objects it changed, or, when nothing was changed, the ones it looked at: `Kind/name`, sorted. */
  objects: string[];
  why: string;
  source: string;
}

/** Applies fixes to rendered objects and keeps account of them. */
export class Ledger {
  readonly #chart: string;
  readonly #fixes: readonly Fix[];
  readonly #matched = new Map<string, Set<string>>();
  readonly #changed = new Map<string, Set<string>>();

  constructor(chart: string, fixes: readonly Fix[]) {
    this.#chart = chart;
    this.#fixes = fixes;
  }

  /** Changes the object in place; says whether any fix did. */
  fix(object: RenderedObject): boolean {
    const label = `${object.kind}/${object.metadata.name}`;
    let changed = false;
    for (const fix of this.#fixes) {
      if (!fix.matches(object)) continue;
      note(this.#matched, fix.id, label);
      if (!fix.stillNeeded(object)) continue;
      fix.apply(object);
      note(this.#changed, fix.id, label);
      changed = true;
    }
    return changed;
  }

  rows(): LedgerRow[] {
    return this.#fixes.map(({ id, why, source }) => {
      const changed = [...(this.#changed.get(id) ?? [])].sort();
      const matched = [...(this.#matched.get(id) ?? [])].sort();
      const outcome = changed.length > 0 ? "applied" : matched.length > 0 ? "already right" : "not matched";
      return { chart: this.#chart, id, outcome, objects: changed.length > 0 ? changed : matched, why, source };
    });
  }
}

function note(table: Map<string, Set<string>>, id: string, label: string): void {
  const labels = table.get(id) ?? new Set();
  table.set(id, labels.add(label));
}
