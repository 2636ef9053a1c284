import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";

const FOLDER = path.resolve(import.meta.dirname, "../python/django");

it("users.py does with a real Django what test_users.py asks of it", async () => {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const result = await execa(python, ["test_users.py"], { cwd: FOLDER, reject: false, all: true });
  expect(result.all).toMatch(/Ran \d\d tests .*\n\nOK\n/s);
  expect(result.exitCode).toBe(0);
}, 300_000);
