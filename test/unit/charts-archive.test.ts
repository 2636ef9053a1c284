import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { digestOf, readArchive, readFolder, treeDigest } from "../../automation/charts/archive.ts";
import { checkChart } from "../../automation/charts/chart.ts";
import { chart, pack, scratch, type TarEntry } from "./charts-fixtures.ts";

test("the digest of bytes is the one that sha256sum prints", () => {
  expect(digestOf(Buffer.from("abc"))).toBe("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("a chart's files are read by their path below its folder", async () => {
  const files = await readArchive(chart("cvat"), "cvat");
  expect([...files.keys()]).toEqual(["Chart.yaml", "values.yaml", "templates/service.yaml"]);
  expect(files.get("values.yaml")?.toString()).toBe("replicas: 1\n");
});

const UNSAFE: [what: string, entry: TarEntry, problem: string][] = [
  ["a path with ..", { path: "cvat/../../evil" }, "would be written outside"],
  ["an absolute path", { path: "/etc/evil" }, "would be written outside"],
  ["a Windows path", { path: "cvat\\..\\evil" }, "would be written outside"],
  ["a folder with ..", { path: "cvat/../..", type: "Directory" }, "would be written outside"],
  ["a symbolic link", { path: "cvat/link", type: "SymbolicLink", linkpath: "/etc/passwd" }, "is a link to /etc/passwd"],
  ["a hard link", { path: "cvat/link", type: "Link", linkpath: "../secret" }, "is a link to ../secret"],
  ["a device", { path: "cvat/null", type: "CharacterDevice" }, "neither a file nor a folder"],
  ["a file beside the folder", { path: "README.md" }, "lies outside the chart's folder"],
  ["a second folder", { path: "other/x" }, "holds 2 folders (cvat, other)"],
  ["a file that is a folder, too", { path: "cvat/Chart.yaml/x" }, "both a file and a folder"],
];

test.each(UNSAFE)("an archive with %s is refused", async (_what, entry, problem) => {
  await expect(readArchive(chart("cvat", { files: [entry] }), "cvat 1.2.3")).rejects.toThrow(problem);
});

test("every unsafe entry is named at once", async () => {
  const archive = chart("cvat", { files: [{ path: "cvat/../a" }, { path: "/b" }] });
  await expect(readArchive(archive, "t")).rejects.toMatchObject({
    problems: [expect.stringContaining("cvat/../a"), expect.stringContaining("/b")],
  });
});

test("what is no archive is said for what it is", async () => {
  const whole = chart("cvat");
  await expect(readArchive(Buffer.from("\n<!DOCTYPE html><p>Log in"), "t")).rejects.toThrow("t is a web page");
  await expect(readArchive(whole.subarray(0, whole.length - 40), "t")).rejects.toThrow("not a whole .tgz");
  await expect(readArchive(Buffer.from("PK"), "t")).rejects.toThrow("t is not a whole .tgz archive (2 bytes)");
  await expect(readArchive(gzipSync(Buffer.alloc(2048, "x")), "t")).rejects.toThrow("t is damaged");
  await expect(readArchive(gzipSync(Buffer.alloc(101 * 1024 * 1024)), "t")).rejects.toThrow("which Helm refuses");
});

test("the digest of a tree does not depend on order, and sees every change", () => {
  const of = (...files: [string, string][]) =>
    treeDigest(new Map(files.map(([name, text]) => [name, Buffer.from(text)])));
  const digest = of(["a", "1"], ["b", "2"]);
  expect(of(["b", "2"], ["a", "1"])).toBe(digest);
  expect(of(["a", "1"], ["b", "3"])).not.toBe(digest);
  expect(of(["a", "1"], ["c", "2"])).not.toBe(digest);
  expect(of(["a", "1"])).not.toBe(digest);
});

test("a folder is read through its links, without .git; a circle of links is refused", async () => {
  const folder = await scratch();
  const at = (...parts: string[]) => path.join(folder, ...parts);
  await mkdir(at("chart", ".git"), { recursive: true });
  await writeFile(at("chart", ".git", "HEAD"), "x");
  await mkdir(at("analytics"));
  await writeFile(at("analytics", "vector.toml"), "[sources]");
  await symlink("../analytics", at("chart", "analytics"));
  expect([...(await readFolder(at("chart"))).keys()]).toEqual(["analytics/vector.toml"]);
  await symlink("../chart", at("analytics", "back"));
  await expect(readFolder(at("chart"))).rejects.toThrow("leads back to a folder above it");
});

async function check(archive: Buffer, expected = { name: "cvat", version: "1.2.3" }) {
  return await checkChart(await readArchive(archive, "t"), expected, "t");
}

test("dependencies count whether packed or as folders, by the name inside", async () => {
  const inner = { path: "cvat/charts/whatever.tgz", content: chart("redis", { version: "19.6.4" }) };
  const archive = chart("cvat", { dependencies: ["nuclio", "redis"], packaged: ["nuclio"], files: [inner] });
  expect(await check(archive)).toEqual({ name: "cvat", version: "1.2.3" });
});

test("missing dependencies are named, also when a folder that Helm ignores has the name", async () => {
  const ignored = { path: "cvat/charts/_redis/Chart.yaml", content: "{ name: redis, version: 1.0.0 }" };
  const archive = chart("cvat", {
    dependencies: ["nuclio", "redis", "traefik"],
    packaged: ["nuclio"],
    files: [ignored],
  });
  await expect(check(archive)).rejects.toThrow("depends on redis, traefik, missing in its charts/ folder");
});

test("another name and another version than expected are both said", async () => {
  await expect(check(chart("loki", { version: "2.0.0" }))).rejects.toMatchObject({
    problems: ["t: its Chart.yaml names the chart loki, not cvat", "t: its Chart.yaml has version 2.0.0, not 1.2.3"],
  });
});

test("what Chart.yaml must have is said", async () => {
  await expect(check(pack([{ path: "cvat/values.yaml" }]))).rejects.toThrow("t is not a chart: it has no Chart.yaml");
  await expect(check(pack([{ path: "cvat/Chart.yaml", content: "a: [" }]))).rejects.toThrow("is not YAML");
  const odd = pack([{ path: "cvat/Chart.yaml", content: "{ name: ../x, version: latest }" }]);
  await expect(check(odd)).rejects.toMatchObject({
    problems: [expect.stringContaining("Chart.yaml: name:"), expect.stringContaining("Chart.yaml: version:")],
  });
});
