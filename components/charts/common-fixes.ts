import type { Fix } from "./fixes.ts";

/** Fixes that any chart may need. They stand before a chart's own in the ledger. */
export const COMMON_FIXES: readonly Fix[] = [
  {
    id: "empty-role-rules",
    why: "The API server stores `rules: []` as no rules, so the role shows as changed on every preview for ever.",
    source: "charts-on-the-engine.md section 0.I, measured with the Grafana chart 6.60.6",
    matches: (object) => /^(Cluster)?Role$/.test(object.kind),
    stillNeeded: (object) => Array.isArray(object.rules) && object.rules.length === 0,
    apply: (object) => delete object.rules,
  },
];
