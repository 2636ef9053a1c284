import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";

const FOLDER = path.resolve(import.meta.dirname, "../python/backup");
const SCRIPT = path.resolve(import.meta.dirname, "../../components/backup/script");

it("backups look CVAT's own zips through where they lie, and say of each spoiled one why", async () => {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const result = await execa(
    python,
    ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_digest.py", "test_zips.py"],
    {
      cwd: FOLDER,
      env: { PYTHONPATH: SCRIPT, PYTHONDONTWRITEBYTECODE: "1" },
      reject: false,
      all: true,
    },
  );
  expect(result.all).toMatch(/\n\d\d passed/);
  expect(result.exitCode).toBe(0);
}, 300_000);
