import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";

const FOLDER = path.resolve(import.meta.dirname, "../python/backup");
const SUITES = ["test_age.py", "test_beside.py", "test_mongo_archive.py", "test_mongodb.py", "test_retention.py"];

it("a dump is a stream: encrypted, read as it passes by, and none where its program died", async () => {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const result = await execa(python, ["-m", "pytest", "-q", "-p", "no:cacheprovider", ...SUITES], {
    cwd: FOLDER,
    env: { PYTHONDONTWRITEBYTECODE: "1" },
    reject: false,
    all: true,
  });
  expect(result.all).toMatch(/\n\d\d passed/);
  expect(result.exitCode).toBe(0);
}, 300_000);
