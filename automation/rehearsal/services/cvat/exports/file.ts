import { createHash } from "node:crypto";
import type { Store } from "../store.ts";

/** Where an export lies, by all that makes it another: a date is part of it. What is there already is given out again. (cvat-real-third-look.md 3.2) */
export const exportFile = (store: Store, ofWhat: readonly unknown[]): string =>
  store.fileFor(`export-${createHash("sha1").update(ofWhat.join(" ")).digest("hex")}.zip`);
