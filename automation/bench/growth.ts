import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isSeq, type Document } from "yaml";
import { PROJECT } from "../../components/lab/sections.ts";
import { runEngine } from "../engine/run.ts";
import { silentProgress, type Progress } from "../progress.ts";
import type { Home } from "../rehearsal/cluster/homes.ts";
import { bringUp, prepare } from "../rehearsal/rehearse.ts";
import { textTable } from "../report/table.ts";
import { parseAsEngine } from "../stackfile/engine-yaml.ts";
import { copyProjectFile } from "../stackfile/project-file.ts";
import { stackFilePath } from "../stackfile/stack-file.ts";
import { openMany } from "./many.ts";
import { measure, median, rounded, type Measure } from "./measure.ts";

/** How many functions, buckets and cloud storages each are measured, beside what the stack file has. */
const SIZES = [1, 10, 100];

export interface GrowthOptions {
  stack: string;
  /** Folder of Pulumi.yaml and the stack file. */
  project: string;
  /** How often each is measured, but for a first up: there is one. */
  rounds: number;
  overrides: Readonly<Record<string, string>>;
  /** Does work in a rehearsal's home of its own. */
  inHome: <T>(work: (home: Home) => Promise<T>) => Promise<T>;
  progress: Progress;
}

export interface Growth {
  /** Resources of the lab, and of the bare program, by how many functions, buckets and cloud storages each were added. */
  resources: Record<string, number>;
  /** Of each round by how many were added, by what was measured. */
  seconds: Record<string, Record<string, number[]>>;
  /** Milliseconds for each resource more, by what was measured. */
  slopes: Record<string, number>;
  /** Slope of the lab to that of the bare program. */
  ratios: Record<string, number>;
}

/** What preview and up take for each resource more, beside a bare Pulumi program that grows by as many. */
export async function growth({ inHome, ...options }: GrowthOptions): Promise<Growth> {
  const labs: Sized[] = [];
  for (const size of SIZES) labs.push(await inHome((home) => measureSize(size, home, options)));
  const titles = labs[0]?.measures.map(({ what }) => what) ?? [];
  const of = (title: string) => labs.map(({ measures }) => measures.find(({ what }) => what === title)?.seconds ?? []);
  const slope = (title: string) =>
    slopeOf(
      labs.map(({ resources }) => resources),
      of(title).map(median),
    );
  const ratio = (verb: string) => rounded(slope(`${verb}, in the engine`) / slope(`bare Pulumi program: ${verb}`));
  return {
    resources: bySize(labs.map(({ resources }) => resources)),
    seconds: Object.fromEntries(titles.map((title) => [title, bySize(of(title).map((all) => all.map(rounded)))])),
    slopes: Object.fromEntries(titles.map((title) => [title, rounded(slope(title) * 1000)])),
    ratios: Object.fromEntries(VERBS.map((verb) => [verb, ratio(verb)])),
  };
}

/** A growth as a person reads it. */
export function growthText({ resources, seconds, slopes, ratios }: Growth): string {
  const rows = Object.entries(seconds).map(([what, sizes]) => [
    what,
    ...Object.values(sizes).map((rounds) => median(rounds).toFixed(2)),
    (slopes[what] ?? Number.NaN).toFixed(1),
  ]);
  const sizes = Object.entries(resources).map(([size, count]) => `${size} each (${count} resources), s`);
  return [
    "Functions, buckets and cloud storages, beside what the stack file has:",
    textTable(["median of", ...sizes, "ms for each resource more"], rows),
    ...Object.entries(ratios).map(([verb, number]) => `${verb}: the lab's slope / bare program's: ${number}`),
  ].join("\n");
}

const VERBS = ["first up", "preview, no change", "up, no change"];

interface Sized {
  resources: number;
  measures: Measure[];
}

async function measureSize(
  size: number,
  home: Home,
  { stack, project, rounds, overrides, progress }: Omit<GrowthOptions, "inHome">,
): Promise<Sized> {
  const grownProject = path.join(home.folder, "grown");
  await writeGrown(grownProject, { project, stack, size });
  const rehearsal = await prepare({ stack, project: grownProject, overrides, home, progress });
  const ours = (verb: "preview" | "up") => () => runEngine(rehearsal.stack, verb, { progress: silentProgress });
  const measured = (what: string, work: () => Promise<unknown>, times = rounds) =>
    measure(what, work, { rounds: times, progress });
  const first = await measured("first up, in the engine", () => bringUp(rehearsal, silentProgress), 1);
  const resources = (await ours("preview")()).counts["same"] ?? 0;
  const bare = await openMany(rehearsal, resources);
  try {
    return {
      resources,
      measures: [
        first,
        await measured("bare Pulumi program: first up", bare.up, 1),
        await measured("preview, no change, in the engine", ours("preview")),
        await measured("bare Pulumi program: preview, no change", bare.preview),
        await measured("up, no change, in the engine", ours("up")),
        await measured("bare Pulumi program: up, no change", bare.up),
      ],
    };
  } finally {
    bare.end();
  }
}

async function writeGrown(
  folder: string,
  { project, stack, size }: { project: string; stack: string; size: number },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyProjectFile(project, folder);
  const document = parseAsEngine(await readFile(stackFilePath(project, stack), "utf8"));
  grow(document, size);
  await writeFile(stackFilePath(folder, stack), document.toString());
}

/** Adds so many functions, buckets and cloud storages each to a stack file, all alike. */
export function grow(document: Document, size: number): void {
  const at = (section: string, ...keys: string[]) => ["config", `${PROJECT}:${section}`, ...keys];
  const storages = document.getIn(at("cvat", "cloudStorages"));
  if (!isSeq(storages)) document.setIn(at("cvat", "cloudStorages"), document.createNode([]));
  for (let number = 1; number <= size; number++) {
    const name = `many-${number}`;
    const fn = { kind: "detector", description: "One of many", image: "registry.example/many:1", labels: ["thing"] };
    document.setIn(at("functions", name), document.createNode(fn));
    document.setIn(at("objectStore", "moreBuckets", name), document.createNode({ name }));
    document.addIn(at("cvat", "cloudStorages"), document.createNode({ name, role: "datasets" }));
  }
}

const bySize = <T>(values: readonly T[]): Record<string, T> =>
  Object.fromEntries(SIZES.map((size, index) => [String(size), values[index] as T]));

/** Of the straight line through the first and the last of some points. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const across = (values: readonly number[]) => (values.at(-1) ?? Number.NaN) - (values[0] ?? Number.NaN);
  return across(y) / across(x);
}
