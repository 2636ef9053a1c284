import { afterAll, beforeAll, it } from "vitest";
import { startBackupNights, type BackupNights } from "./backup-nights.ts";

const MINUTES = 60_000;

let nights: BackupNights;

// A fresh machine builds MinIO and fetches the packages here.
beforeAll(async () => {
  nights = await startBackupNights();
}, 40 * MINUTES);
afterAll(() => nights.end());

it(
  "backups of projects are whole, and what fails is told; each fault of a night: test/full/backup-nights.test.ts",
  () =>
    nights.pass(
      "test_tell.py",
      "test_projects.py::test_each_project_has_a_zip_that_is_what_cvat_had_and_beside_it_what_the_zip_lacks",
    ),
  10 * MINUTES,
);
