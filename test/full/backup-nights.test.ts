import { it } from "vitest";
import { backupNights } from "../contract/backup-nights.ts";

const nights = backupNights();

it(
  "backups of projects are made, told of and thinned out, and come back after each fault of a night",
  // MongoDB's programs are on few machines, and nothing may be skipped. (test/contract/backup-databases.test.ts has those tests)
  () => nights.pass(".", "--ignore=test_mongodb.py"),
  30 * 60_000,
);
