const MINUTE_MS = 60_000;
const UNITS = [
  ["days", 24 * 60 * MINUTE_MS],
  ["h", 60 * MINUTE_MS],
  ["min", MINUTE_MS],
  ["s", 1000],
] as const;

/** How long ago something was, as a person says it: `4 min`, `3 h`, `2 days`. */
export function ageText(milliseconds: number): string {
  const [name, unit] = UNITS.find(([, length]) => milliseconds >= (length === UNITS[0][1] ? 2 * length : length)) ?? [
    "s",
    1000,
  ];
  return `${Math.max(0, Math.floor(milliseconds / unit))} ${name}`;
}
