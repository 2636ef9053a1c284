/** Warnings of a run for a terminal, each on a line of its own. */
export function warningsText(warnings: readonly string[]): string {
  return warnings.map((warning) => `Warning: ${warning.replaceAll("\n", "\n  ")}`).join("\n");
}
