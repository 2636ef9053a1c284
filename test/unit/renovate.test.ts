import { execaSync } from "execa";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { lockIn } from "../../automation/charts/lock.ts";
import { PLUGINS } from "../../automation/plugins/index.ts";
import { PROGRAMS } from "../../automation/tools/programs.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");

interface Manager {
  managerFilePatterns: string[];
  matchStrings: string[];
  depNameTemplate?: string;
  packageNameTemplate?: string;
}
const { customManagers } = JSON.parse(read("renovate.json")) as { customManagers: Manager[] };
const files = execaSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT }).stdout.split("\n");

/** What a manager finds: `package version`, and whether anything is found by each of its patterns. */
function found({ managerFilePatterns, matchStrings, ...templates }: Manager): { deps: string[]; idle: string[] } {
  const patterns = managerFilePatterns.map((pattern) => new RegExp(pattern.replace(/^\/|\/$/g, "")));
  const texts = files.filter((file) => patterns.some((pattern) => pattern.test(file))).map(read);
  expect(texts, managerFilePatterns.join()).not.toEqual([]);
  const byPattern = matchStrings.map((pattern) =>
    texts.flatMap((text) => [...text.matchAll(new RegExp(pattern, "g"))]),
  );
  const deps = byPattern.flat().map(({ groups = {} }) => {
    const depName = groups["depName"] ?? templates.depNameTemplate ?? "";
    const name = groups["packageName"] ?? templates.packageNameTemplate?.replace("{{{depName}}}", depName) ?? depName;
    return `${name} ${groups["currentValue"] ?? ""}`;
  });
  return { deps, idle: matchStrings.filter((_, at) => byPattern[at]?.length === 0) };
}

const everything = customManagers.map(found);
const deps = everything.flatMap((one) => one.deps);

it("each pattern finds something in the files as they are", () => {
  expect(everything.flatMap(({ idle }) => idle)).toEqual([]);
});

it("every chart's version is found, with its source", () => {
  const locked = lockIn(read("charts.lock.yaml"), "charts.lock.yaml");
  expect(locked.filter(({ name, oci, version }) => !deps.includes(`${oci ?? name} ${version}`))).toEqual([]);
});

/** Its publisher has none of newer ones any more. (late-2026.md) */
const ENDED = ["minio"];

it("every program's version is found, and all places of one program say the same", () => {
  const versions = PROGRAMS.filter(({ name }) => !ENDED.includes(name)).map(
    ({ name, version }) => [name, version] as const,
  );
  const values = deps.map((dep) => dep.split(" ")[1]);
  expect(versions.filter(([, version]) => !values.includes(version))).toEqual([]);
  expect(PLUGINS.filter(({ name, version }) => !deps.includes(`@pulumi/${name} ${version}`))).toEqual([]);
  const packages = deps.map((dep) => dep.split(" ")[0] ?? "");
  const versionsOf = (name: string) => new Set(deps.filter((dep) => dep.startsWith(`${name} `)));
  expect(packages.filter((name) => versionsOf(name).size > 1)).toEqual([]);
});

it("no program's version stands in the list where no pattern looks", () => {
  // What fits from PATH is a range, and comments say what was tried.
  const text = read("automation/tools/programs.ts").replace(/^ *\/\/.*$|range: ".*"/gm, "");
  const patterns = customManagers.flatMap(({ matchStrings }) =>
    matchStrings.map((pattern) => new RegExp(pattern, "g")),
  );
  const rest = patterns.reduce((left, pattern) => left.replace(pattern, ""), text);
  const left = PROGRAMS.filter(({ name }) => !ENDED.includes(name)).filter(({ version }) => rest.includes(version));
  expect(left.map(({ name, version }) => `${name} ${version}`)).toEqual([]);
});
