import { createHash } from "node:crypto";
import { existsSync, statSync, utimesSync } from "node:fs";
import type { Store } from "../store.ts";

/** So long an export is given out again after it was given out last. (CVAT_EXPORT_CACHE_TTL in settings/base.py) */
const LIFE_MS = 86_400_000;

/** Where an export lies, by all that makes it another: a date is part of it. */
export const exportFile = (store: Store, ofWhat: readonly unknown[]): string =>
  store.fileFor(`export-${createHash("sha1").update(ofWhat.join(" ")).digest("hex")}.zip`);

/** Whether it is there already, to be given out again: it lives on then. (cvat-real-third-look.md 3.2; create_backup in engine/backup.py) */
export function isKept(file: string): boolean {
  if (!existsSync(file) || Date.now() - statSync(file).mtimeMs > LIFE_MS) return false;
  const now = new Date();
  utimesSync(file, now, now);
  return true;
}
