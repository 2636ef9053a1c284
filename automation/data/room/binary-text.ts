const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes in powers of two, as Kubernetes and the stack file count room: `7.4 MiB`, `42.0 GiB`. */
export function binaryText(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  for (; amount >= 1024 && unit < BINARY_UNITS.length - 1; unit += 1) amount /= 1024;
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${BINARY_UNITS[unit] ?? ""}`;
}
