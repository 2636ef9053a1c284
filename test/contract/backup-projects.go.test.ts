import { it } from "vitest";
import { backupNights } from "./backup-nights.ts";

const nights = backupNights();

it(
  "backups of projects and volumes are whole, what fails is told, and they come back; each fault of a night and each kill: test/full/backup-nights.test.ts",
  () =>
    nights.pass(
      "test_tell.py",
      "test_projects.py::test_each_project_has_a_zip_that_is_what_cvat_had_and_beside_it_what_the_zip_lacks",
      "test_restore.py::test_a_project_comes_back_beside_the_one_that_is_there_with_all_that_the_zip_lacks",
      "test_restore.py::test_a_drill_on_a_backup_with_one_moved_point_fails",
      "test_volumes.py::test_all_comes_back_as_it_was",
      "test_volumes.py::test_a_content_goes_when_no_kept_list_names_it",
    ),
  10 * 60_000,
);
