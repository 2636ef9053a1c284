import { duration } from "../../progress.ts";

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes as a person reads them: `20.0 kB`, `1.2 GB`. Thousands, as disks are sold. */
export function bytesText(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(amount < 99.95 ? 1 : 0)} ${UNITS[unit] ?? ""}`;
}

/** A count as a person reads it: `1,000,000`. */
export const countText = (count: number): string => count.toLocaleString("en-US");

/** `3 files`, `1 file`. */
export const counted = (count: number, what: string): string => `${countText(count)} ${what}${count === 1 ? "" : "s"}`;

/** How far a transfer is. */
export interface Far {
  files: number;
  bytes: number;
}

/**
 * How far it is, how fast, and what is left: `3,214 of 10,000 files, 61.2 MB of 200 MB, 35.1 MB/s, 4.0 s left`. What is only compared counts as
 * done, so what is left is a guess by all that was done so far.
 */
export function farText(done: Far, all: Far, passedMs: number): string {
  const share = all.bytes > 0 ? done.bytes / all.bytes : done.files / Math.max(1, all.files);
  const left = share > 0 && share < 1 ? `, ${duration((passedMs * (1 - share)) / share)} left` : "";
  const rate = passedMs > 0 ? `, ${bytesText((done.bytes / passedMs) * 1000)}/s` : "";
  return `${countText(done.files)} of ${counted(all.files, "file")}, ${bytesText(done.bytes)} of ${bytesText(all.bytes)}${rate}${left}`;
}
