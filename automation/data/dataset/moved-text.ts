import { bytesText, counted } from "./amounts.ts";
import type { Moved } from "./tally.ts";

export interface Way {
  /** `Sent`, `Fetched`. */
  did: string;
  /** `would be sent`. */
  would: string;
  dryRun: boolean;
  /** `only in the bucket`. */
  onlyThere: string;
  /** What is typed after `--yes`. */
  name: string;
  /** Whether `--delete` was given. */
  deletes: boolean;
}

/** What a push or a pull came to, for a person. */
export function movedText(
  { moved, replaced, unchanged, others, failed }: Moved,
  { did, would, dryRun, onlyThere, name, deletes }: Way,
): string {
  const again = replaced > 0 ? `, ${replaced} of them in the place of others` : "";
  const amount = `${counted(moved.files, "file")}, ${bytesText(moved.bytes)}${again}`;
  const lines = [
    dryRun ? `${amount}: ${would}.` : `${did}: ${amount}.`,
    `Unchanged by size and checksum: ${counted(unchanged.files, "file")}, ${bytesText(unchanged.bytes)}.`,
  ];
  const rest = others.count - others.first.length;
  const first = [...others.first.map((one) => `  ${one}`), ...(rest > 0 ? [`  and ${rest} more`] : [])];
  if (others.removed > 0) lines.push(`Removed, since they were ${onlyThere}: ${counted(others.removed, "file")}.`);
  else if (others.count > 0 && deletes)
    lines.push(
      `${counted(others.count, "file")} ${onlyThere} would be removed; to do it: --delete --yes ${name}`,
      ...first,
    );
  else if (others.count > 0) lines.push(`Left as they are: ${counted(others.count, "file")} ${onlyThere}.`);
  if (failed.count > 0) {
    lines.push(
      `${counted(failed.count, "file")} failed:`,
      ...failed.first.map(({ path, why }) => `  ${JSON.stringify(path)}: ${why}`),
    );
    if (failed.count > failed.first.length) lines.push(`  and ${failed.count - failed.first.length} more`);
  }
  return lines.join("\n");
}
