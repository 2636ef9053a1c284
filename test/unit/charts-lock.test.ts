import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { findLocked, notLocked, readLock, recordEntry } from "../../automation/charts/lock.ts";
import { UserError } from "../../components/program/errors.ts";
import { lockedAs } from "./charts-fixtures.ts";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;

const TWO_CHARTS = `# What is installed.
charts:
  # The server.
  clearml:
    - version: 7.14.7 # keep below 7.15
      repository: https://charts.example/clearml
      digest: ${A}
  cvat:
    - version: 2.64.0
      oci: registry.example/cvat/cvat
    # Kept for the runbook.
    - version: 2.49.0
      oci: registry.example/cvat/cvat
      default: true
`;

async function problemsOf(text: string): Promise<readonly string[]> {
  const { lockFile } = await lockedAs(text);
  const error: unknown = await readLock(lockFile).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error("the lock file was accepted");
  expect(error.exitCode).toBe(2);
  return error.problems;
}

test("the repository's own lock file has the charts of both stacks, ClearML's with the digests of its index", async () => {
  const entries = await readLock();
  expect(entries).toContainEqual({
    name: "clearml",
    version: "7.14.7",
    repository: "https://clearml.github.io/clearml-helm-charts",
    digest: "sha256:8e87c78d2937a2faf2d1a7696b06dbf536c3433558fa020ae3fcd701a0e314b1",
    default: true,
  });
  expect(findLocked(entries, "clearml-agent")?.version).toBe("5.3.3");
  expect(findLocked(entries, "cvat")).toMatchObject({ version: "2.64.0", oci: "registry-1.docker.io/cvat/cvat" });
});

test("without a version the marked entry is taken, else the first; with one, that one", async () => {
  const { lockFile } = await lockedAs(TWO_CHARTS);
  const entries = await readLock(lockFile);
  expect(findLocked(entries, "clearml")?.version).toBe("7.14.7");
  expect(findLocked(entries, "cvat")?.version).toBe("2.49.0");
  expect(findLocked(entries, "cvat", "2.64.0")?.version).toBe("2.64.0");
  expect(findLocked(entries, "cvat", "9.9.9")).toBeUndefined();
  expect(notLocked(entries, "cvat", "9.9.9")).toContain("has cvat 2.64.0, 2.49.0");
  expect(notLocked(entries, "cvat", "9.9.9")).toContain("charts lock cvat 9.9.9");
  expect(notLocked(entries, "loki")).toContain("which has clearml, cvat");
});

test("every problem of a lock file is said at once, with its place", async () => {
  const problems = await problemsOf(`
charts:
  clearml:
    - version: 7.14
      repository: http://charts.example/clearml
    - version: 7.14.7
      repo: https://charts.example
  cvat:
    - { version: 2.64.0, oci: "oci://registry.example/cvat:2.64.0", digest: sha256:123, default: true }
    - { version: 2.64.0, oci: registry.example/cvat, repository: "https://charts.example", default: true }
  grafana: []
`);
  const text = problems.join("\n");
  expect(text).toContain("charts.clearml[0].version: must be a text: put the version in quotes");
  expect(text).toContain("charts.clearml[0].repository: must be the https:// address");
  expect(text).toContain('charts.clearml[1]: Unrecognized key: "repo"');
  expect(text).toContain("charts.cvat[0].oci: must be REGISTRY/REPOSITORY");
  expect(text).toContain("charts.cvat[0].digest: must be sha256:");
  expect(text).toContain("charts.cvat[1]: needs its source: either repository or oci");
  expect(text).toContain("charts.grafana: needs at least one version");
});

test("versions listed twice and two defaults are refused", async () => {
  const entry = `{ version: 2.64.0, oci: registry.example/cvat, default: true }`;
  expect(await problemsOf(`charts: { cvat: [${entry}, ${entry}] }`)).toEqual([
    "charts.lock.yaml: charts.cvat[1]: 2.64.0 is listed twice",
    "charts.lock.yaml: charts.cvat: only one version can be the default",
  ]);
});

test("text that is not YAML, and a file that is not there, are the user's to cure", async () => {
  expect((await problemsOf("charts: [\n")).join()).toContain("charts.lock.yaml: ");
  expect((await problemsOf("charts: {}\ncharts: {}\n")).join()).toContain("Map keys must be unique");
  await expect(readLock("/nowhere/charts.lock.yaml")).rejects.toThrow("/nowhere/charts.lock.yaml cannot be read");
});

test("recording a digest changes one line; comments, order and the default stay", async () => {
  const { lockFile } = await lockedAs(TWO_CHARTS);
  const entry = findLocked(await readLock(lockFile), "cvat", "2.64.0");
  if (!entry) throw new Error("not locked");
  await recordEntry({ ...entry, digest: B, default: false }, lockFile);
  const expected = TWO_CHARTS.replace(
    "2.64.0\n      oci: registry.example/cvat/cvat\n",
    `2.64.0\n      oci: registry.example/cvat/cvat\n      digest: ${B}\n`,
  );
  expect(await readFile(lockFile, "utf8")).toBe(expected);
});

test("a new version, a new chart and a new default are added in the file's own form", async () => {
  const { lockFile } = await lockedAs(TWO_CHARTS);
  const oci = "registry.example/cvat/cvat";
  await recordEntry({ name: "cvat", version: "2.65.0", oci, digest: B, default: true }, lockFile);
  await recordEntry(
    { name: "loki", version: "1.0.0", repository: "https://x.example", digest: A, default: false },
    lockFile,
  );
  const text = await readFile(lockFile, "utf8");
  expect(text).toContain("# Kept for the runbook.");
  expect(text).toContain(`    - version: 2.65.0\n      oci: ${oci}\n      digest: ${B}\n      default: true\n`);
  expect(text).toContain(`  loki:\n    - version: 1.0.0\n      repository: https://x.example\n      digest: ${A}\n`);
  expect(findLocked(await readLock(lockFile), "cvat")?.version).toBe("2.65.0");
});

test("what would make the file wrong is not written", async () => {
  const { lockFile } = await lockedAs(TWO_CHARTS);
  const entry = { name: "cvat", version: "2.65.0", oci: "registry.example/cvat", digest: "sha256:1", default: false };
  await expect(recordEntry(entry, lockFile)).rejects.toThrow("charts.cvat[2].digest");
  expect(await readFile(lockFile, "utf8")).toBe(TWO_CHARTS);
});

test("writers at the same time lose nothing of each other's", async () => {
  const { lockFile } = await lockedAs("charts:\n  cvat:\n    - version: 1.0.0\n      oci: registry.example/cvat\n");
  const versions = ["1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"];
  await Promise.all(
    versions.map((version) =>
      recordEntry({ name: "cvat", version, oci: "registry.example/cvat", digest: A, default: false }, lockFile),
    ),
  );
  const found = (await readLock(lockFile)).map(({ version }) => version);
  expect(found.sort()).toEqual(["1.0.0", ...versions]);
});
