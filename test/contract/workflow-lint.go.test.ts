import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildEnvironment, findGo } from "../../automation/tools/go.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const MINUTES = 60_000;

let folder: string;
let actionlint: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-actionlint-"));
  const go = await findGo();
  if ("problem" in go) throw new Error(go.problem);
  actionlint = path.join(folder, "actionlint");
  // What go.mod and go.sum of the folder pin.
  await execa(go.file, ["build", "-o", actionlint, "github.com/rhysd/actionlint/cmd/actionlint"], {
    cwd: path.join(ROOT, "test/go/actionlint"),
    env: buildEnvironment(),
    extendEnv: false,
  });
}, 20 * MINUTES);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Without shellcheck and pyflakes, which a machine may have or not. */
const look = (args: readonly string[], input?: string) =>
  execa(actionlint, ["-shellcheck=", "-pyflakes=", "-no-color", ...args], {
    cwd: ROOT,
    all: true,
    reject: false,
    ...(input !== undefined && { input }),
  });

it("actionlint finds nothing in the workflows", async () => {
  const { stdout } = await execa("git", ["ls-files", "-co", "--exclude-standard", ".github/workflows"], { cwd: ROOT });
  const files = stdout.split("\n").filter(Boolean);
  expect(files.length).toBeGreaterThan(4);
  const { exitCode, all } = await look(files);
  expect(exitCode, all).toBe(0);
});

it("actionlint would find a step that is not there, and a script with another's words in it", async () => {
  const bad = [
    "on: pull_request",
    "jobs:",
    "  bad:",
    "    runs-on: ubuntu-24.04",
    "    steps:",
    "      - run: echo ${{ github.event.pull_request.title }}",
    "      - run: echo ${{ steps.absent.outputs.code }}",
  ];
  const { exitCode, all } = await look(["-"], bad.join("\n"));
  expect(exitCode).toBe(1);
  expect(all).toContain("potentially untrusted");
  expect(all).toContain('property "absent" is not defined');
});
