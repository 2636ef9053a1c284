import { textTable } from "../../report/table.ts";
import type { ObjectInfo } from "../store/objects.ts";
import { bytesText, counted, countText } from "./amounts.ts";

/** More are counted together: a listing of any length takes the same memory. */
const MOST_ROWS = 10_000;
const SHOWN_ROWS = 30;

interface Amount {
  objects: number;
  bytes: number;
}

/** What lies below a prefix. */
export interface Summary extends Amount {
  bucket: string;
  prefix: string;
  /** Below the prefix, by the order of their names; "" is the prefix itself, "…" all folders behind the first 10,000. */
  folders: Record<string, Amount>;
  /** By the end of their names, in small letters; "" are those without. */
  formats: Record<string, Amount>;
  /** Of no bytes. A mark of a folder is none of them. */
  empty: number;
  newest?: string;
}

/**
 * Counts what a listing tells, as it comes.
 * @param depth of folders that are told apart; 0 is none
 */
export async function summaryOf(
  bucket: string,
  prefix: string,
  objects: AsyncIterable<ObjectInfo>,
  depth: number,
  counts: (soFar: Amount) => void = () => undefined,
): Promise<Summary> {
  const summary: Summary = { bucket, prefix, objects: 0, bytes: 0, folders: {}, formats: {}, empty: 0 };
  const folders = new Map<string, Amount>();
  const formats = new Map<string, Amount>();
  let newest = 0;
  for await (const { key, size, modified } of objects) {
    if (key.endsWith("/") && size === 0) continue;
    const parts = key.slice(prefix.length).split("/");
    const name = parts.pop() ?? "";
    add(
      folders,
      parts
        .slice(0, depth)
        .map((part) => `${part}/`)
        .join(""),
      size,
    );
    const end = name.lastIndexOf(".");
    add(formats, end > 0 ? name.slice(end + 1).toLowerCase() : "", size);
    summary.objects++;
    summary.bytes += size;
    if (size === 0) summary.empty++;
    newest = Math.max(newest, modified.getTime());
    counts(summary);
  }
  summary.folders = Object.fromEntries(folders);
  summary.formats = Object.fromEntries([...formats].sort(([, a], [, b]) => b.objects - a.objects));
  return newest > 0 ? { ...summary, newest: new Date(newest).toISOString() } : summary;
}

function add(rows: Map<string, Amount>, name: string, size: number): void {
  const known = rows.has(name) || rows.size < MOST_ROWS ? name : "…";
  const row = rows.get(known) ?? { objects: 0, bytes: 0 };
  row.objects++;
  row.bytes += size;
  rows.set(known, row);
}

/** The same for a person. */
export function summaryText({ bucket, prefix, objects, bytes, folders, formats, empty, newest }: Summary): string {
  const rows = Object.entries(folders);
  const table = (head: string, some: [string, Amount][]) =>
    textTable(
      [head, "objects", "size"],
      some.map(([name, row]) => [name, countText(row.objects), bytesText(row.bytes)]),
      { right: [1, 2] },
    );
  const more = rows.length - SHOWN_ROWS;
  return [
    `${bucket}/${prefix}: ${counted(objects, "object")}, ${bytesText(bytes)}${newest === undefined ? "" : `, the newest of ${newest.slice(0, 16).replace("T", " ")} UTC`}`,
    "",
    table(
      "folder",
      rows.slice(0, SHOWN_ROWS).map(([name, row]) => [name || "(directly)", row]),
    ),
    ...(more > 0 ? [`and ${counted(more, "folder")} more; --json has them`] : []),
    "",
    table(
      "format",
      Object.entries(formats)
        .slice(0, SHOWN_ROWS)
        .map(([name, row]) => [name || "(none)", row]),
    ),
    ...(empty > 0 ? ["", `${counted(empty, "object")} of no bytes.`] : []),
  ].join("\n");
}
