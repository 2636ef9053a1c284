import { ADDRESS_ROWS } from "./addresses.ts";
import type { FindingRow } from "./finding.ts";
import { FIX_ROWS } from "./fixes.ts";
import { KNOWN_BAD_ROWS } from "./known-bad.ts";
import { RECORD_ROWS } from "./records.ts";
import { RIGHTS_ROWS } from "./rights.ts";
import { SECRET_ROWS } from "./secrets.ts";
import { VERSION_ROWS } from "./versions.ts";
import { VOLUME_ROWS } from "./volumes.ts";
import { WORKLOAD_ROWS } from "./workloads.ts";

/** Everything that a report knows to be careful about, most grave first. */
export const FINDING_ROWS: readonly FindingRow[] = [
  ...VOLUME_ROWS,
  ...WORKLOAD_ROWS,
  ...KNOWN_BAD_ROWS,
  ...VERSION_ROWS,
  ...SECRET_ROWS,
  ...RIGHTS_ROWS,
  ...ADDRESS_ROWS,
  ...RECORD_ROWS,
  ...FIX_ROWS,
];
