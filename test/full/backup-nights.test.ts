import { afterAll, beforeAll, it } from "vitest";
import { startBackupNights, type BackupNights } from "../contract/backup-nights.ts";

const MINUTES = 60_000;

let nights: BackupNights;

beforeAll(async () => {
  nights = await startBackupNights();
}, 40 * MINUTES);
afterAll(() => nights.end());

it(
  "backups of projects are made, told of and thinned out, and come back after each fault of a night",
  () => nights.pass("."),
  30 * MINUTES,
);
