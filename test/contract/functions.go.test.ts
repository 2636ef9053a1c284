import path from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { streamProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const TESTS = "test/python/yolo11x";
const MODEL = "automation/rehearsal/services/nuclio/model";
const MINUTES = 60_000;

let python: string;
let minio: string;

// A fresh machine builds MinIO and fetches the packages here.
beforeAll(async () => {
  const progress = streamProgress();
  python = await pythonEnvironment(path.join(ROOT, MODEL, "requirements.txt"), { progress });
  minio = (await obtainTools(["minio"], { progress }))[0]?.path ?? "";
}, 40 * MINUTES);

/** Runs a Python module in the checkout, and fails with all it printed. */
async function run(...args: string[]): Promise<string> {
  const result = await execa(python, ["-m", ...args], {
    cwd: ROOT,
    env: { PYTHONDONTWRITEBYTECODE: "1", RUFF_NO_CACHE: "true", VISION_PLATFORM_MINIO: minio },
    stdin: "ignore",
    all: true,
    reject: false,
  });
  if (result.failed) throw new Error(`python -m ${args.join(" ")}\n${result.all}`);
  return result.all;
}

describe("the Python code of the project", { timeout: 10 * MINUTES }, () => {
  it("has no lint", () => run("ruff", "check", "."));

  it("is formatted (else: ruff format)", () => run("ruff", "format", "--check", "--diff", "."));

  it("passes the tests of the function yolo11x, each of them", async () => {
    const output = await run("pytest", "-c", `${TESTS}/pytest.ini`, TESTS);
    // The last line of pytest: nothing may have been skipped on the way.
    expect(output.trimEnd().split("\n").at(-1)).toMatch(/^\d+ passed in /);
  });
});
