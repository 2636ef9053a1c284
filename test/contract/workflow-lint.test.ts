import path from "node:path";
import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { streamProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const MINUTES = 60_000;

let zizmor: string;

beforeAll(async () => {
  const requirements = path.join(ROOT, "test/python/zizmor/requirements.txt");
  zizmor = path.join(path.dirname(await pythonEnvironment(requirements, { progress: streamProgress() })), "zizmor");
}, 10 * MINUTES);

const look = (...where: string[]) =>
  execa(zizmor, ["--offline", "--no-progress", "--format", "plain", ...where], {
    cwd: ROOT,
    all: true,
    reject: false,
    stdin: "ignore",
  });

it("zizmor finds nothing in the workflows, here and to copy", async () => {
  const { exitCode, all } = await look(".github/workflows", ...(await forgejo()));
  expect(exitCode, all).toBe(0);
});

it("zizmor would find an action that is not pinned, and a script with another's words in it", async () => {
  const bad = [
    "name: bad",
    "on: pull_request",
    "permissions: {}",
    "jobs:",
    "  bad:",
    "    runs-on: ubuntu-24.04",
    "    steps:",
    "      - uses: actions/checkout@v7",
    "      - run: echo ${{ github.event.pull_request.title }}",
  ];
  const { all } = await execa(zizmor, ["--offline", "--no-progress", "--format", "plain", "-"], {
    input: bad.join("\n"),
    all: true,
    reject: false,
  });
  expect(all).toContain("unpinned-uses");
  expect(all).toContain("template-injection");
});

async function forgejo(): Promise<string[]> {
  const { stdout } = await execa("git", ["ls-files", "-co", "--exclude-standard", "docs/ci/forgejo/*.yml"], {
    cwd: ROOT,
  });
  return stdout.split("\n").filter(Boolean);
}
