import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import project from "../../package.json" with { type: "json" };
import { cacheFolder } from "../cache.ts";
import { readFolder, treeDigest } from "../charts/archive.ts";
import { resolveChart } from "../charts/resolve.ts";
import type { UserStack } from "../engine/door.ts";
import { PROJECT_FOLDER } from "../project.ts";
import { Sealed } from "../../components/schema/values.ts";
import type { StackFile } from "../stackfile/stack-file.ts";
import { canonical } from "./hmac.ts";
import type { Source } from "./plan.ts";

/** All of the checkout that decides what `up` does. Charts, the stack file and the engine's programs are named for themselves. */
export const SOURCES = {
  folders: ["automation", "components", "functions", "images", "loader", "provider"],
  files: ["Pulumi.yaml", "index.mjs", "index.ts", "package-lock.json", "package.json", "tsconfig.json"],
} as const;

/** Parts of it that do something else. */
const ELSEWHERE = /^(automation\/(bench|rehearsal)\/|.*\/__pycache__\/|.*\.md$)/;

/** A digest of the sources that run, the same wherever the checkout lies. */
export async function programDigest(checkout: string = PROJECT_FOLDER): Promise<string> {
  const files = new Map<string, Buffer>();
  for (const folder of SOURCES.folders)
    for (const [name, content] of await readFolder(path.join(checkout, folder)))
      if (!ELSEWHERE.test(`${folder}/${name}`)) files.set(`${folder}/${name}`, content);
  for (const name of SOURCES.files) files.set(name, await readFile(path.join(checkout, name)));
  return treeDigest(files);
}

/** A digest of a stack file's values, in which each secret counts by its place alone: it is sealed in another way each time. */
export function valuesDigest({ sections, keys }: StackFile): string {
  const bare = (value: unknown): unknown => {
    if (value instanceof Sealed) return "[secret]";
    if (Array.isArray(value)) return value.map(bare);
    if (typeof value !== "object" || value === null || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bare(inner)]));
  };
  return digestOf([bare(sections), [...keys].sort()]);
}

/** The charts that are installed, as they lie on this machine. */
export async function chartsOf({ plan: { charts, lab } }: Pick<UserStack, "plan">): Promise<Source["charts"]> {
  const options = { cacheFolder: cacheFolder(), overrides: lab.charts.paths };
  return Promise.all(
    charts.map(async (chart) => {
      const { name, version, origin, digest } = await resolveChart(chart.name, chart.version, options);
      return { name, version, origin, digest };
    }),
  );
}

/** Versions of what runs the program. */
export function programsOf({ tools }: Pick<UserStack, "tools">): Source["programs"] {
  return { ...Object.fromEntries(tools.map(({ name, version }) => [name, version])), node: process.versions.node };
}

export const version = project.version;

/** sha256 of a value's JSON, in whichever order its keys are. */
export const digestOf = (value: unknown): string =>
  `sha256:${createHash("sha256").update(canonical(value)).digest("hex")}`;
