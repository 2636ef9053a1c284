import type { Release } from "../../../components/backup/databases/database.ts";
import type { Watched } from "../../../components/backup/plan.ts";
import type { Bucket } from "../../data/store/objects.ts";
import { jsonOf } from "./objects.ts";

/** A backup, as its own about.json says. (components/backup/script/projects.py) */
export interface ListedBackup {
  /** Begin of its keys. */
  place: string;
  stamp: string;
  kind: string;
  organization?: string;
  project?: { id: number; name: string };
  database?: string;
  volume?: string;
  /** Of the system whose database it is. Dumps of before the end of 2026 do not say it. */
  release?: Release;
  /** How many changes releases have made to the database so far, by its own list of them. */
  changes?: number;
  lightweight?: boolean;
  zip?: { bytes: number };
  dump?: { bytes: number };
  /** Of all files of a volume's. */
  bytes?: number;
  counts?: Readonly<Record<string, number>>;
  /** What of a project is not in it. A task has its number. */
  leftOut?: { id?: number; name: string; why: string }[];
  /** Why it is of no use, where that is known. */
  bad?: string;
}

const ABOUT = /\/\d{8}T\d{6}Z\/about\.json$/;

/**
 * The backups below some places, the newest first. What counts is the object that a run writes last; the index is only to be quick, so that one
 * that is missing or broken hides none.
 */
export async function listedBackups(
  bucket: Pick<Bucket, "list" | "stat" | "range">,
  watched: readonly Pick<Watched, "place">[],
): Promise<ListedBackup[]> {
  const found: ListedBackup[] = [];
  for (const { place: part } of watched) {
    const index = await jsonOf<{ backups?: Record<string, ListedBackup> }>(bucket, `${part}index.json`);
    for await (const { key } of bucket.list(`${part}of/`)) {
      if (!ABOUT.test(key)) continue;
      const place = key.slice(0, -"about.json".length);
      const about = index?.backups?.[place] ?? (await jsonOf<ListedBackup>(bucket, key));
      if (about) found.push({ ...about, place });
    }
  }
  return found.sort((one, other) => other.stamp.localeCompare(one.stamp) || one.place.localeCompare(other.place));
}
