import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { UserError } from "../../components/program/errors.ts";
import { isClean } from "../drift/classify.ts";
import { lookForDrift } from "../drift/look.ts";
import { runEngine, type Seen } from "../engine/run.ts";
import { PROJECT_FOLDER, RUN_TYPESCRIPT } from "../project.ts";
import { silentProgress, type Progress } from "../progress.ts";
import type { Home } from "../rehearsal/cluster/homes.ts";
import { bringUp, prepare, type Rehearsal } from "../rehearsal/rehearse.ts";
import { textTable } from "../report/table.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { obtainTools, type Tool } from "../tools/obtain.ts";
import { BARE, bareObjectsFile, openBare } from "./bare.ts";
import { measure, median, rounded, type Measure } from "./measure.ts";
import { labRenders } from "../charts/lab-renders.ts";
import { helmTemplate } from "../charts/render.ts";
import { filledUp, inNamespace, kubectlDiff } from "./peers.ts";
import { measureReport, REPORTED } from "./report.ts";
import { measureRehearsed } from "./rehearsed.ts";
import { measureStarts, type Start } from "./starts.ts";
import type { ChartSource } from "../../components/charts/source.ts";
import { withCharts } from "../../components/lab/plan.ts";

/** The stack, its provider and its namespace. */
const OF_EVERY_PROGRAM = 3;

export interface BenchOptions {
  stack: string;
  /** Folder of Pulumi.yaml and the stack file. */
  project: string;
  /** How often each is measured. */
  rounds: number;
  /** Charts to install instead of the locked ones: path by name. */
  overrides: Readonly<Record<string, string>>;
  home: Home;
  progress: Progress;
}

export interface BenchResult {
  /** What each chart was, by name. */
  charts: Record<string, string>;
  resources: Record<string, number>;
  /** Of each round, by what was measured. */
  seconds: Record<string, number[]>;
  /** Of verbs that need no engine, beside Node itself. */
  starts: Record<string, Start>;
  ratios: Record<string, number>;
  /** Seconds from nothing to up, tools cached. */
  fromNothing: number;
}

/**
 * Seconds of preview and up that change nothing, beside other tools on the same cluster.
 * @throws UserError for a broken stack file, or one whose second up changes something
 */
export async function bench({ stack, project, rounds, overrides, home, progress }: BenchOptions): Promise<BenchResult> {
  const began = performance.now();
  const rehearsal = await prepare({ stack, project, overrides, home, progress });
  await bringUp(rehearsal, progress);
  const fromNothing = (performance.now() - began) / 1000;
  const { outcome } = await bringUp(rehearsal, progress);
  if (outcome.changes.length > 0)
    throw new UserError("The stack is not settled after its first up, so nothing can be compared.");

  const peers = await preparePeers(rehearsal, outcome.counts["same"] ?? 0, progress);
  const folder = path.join(home.folder, "stack");
  const ours = (verb: "preview" | "up") => () => runEngine(rehearsal.stack, verb, { progress: silentProgress });
  const process = (verb: "preview" | "up") => () =>
    runProcess("engine-process.ts", [verb, stack, folder, home.folder], rehearsal);
  const bareProcess = (verb: "preview" | "up") => () =>
    runProcess("bare-process.ts", [verb, home.folder, rehearsal.cluster.kubeconfig], rehearsal);
  const measured = (what: string, work: () => Promise<unknown>) => measure(what, work, { rounds, progress });
  const measures = [
    await measured("preview, no change, in the engine", ours("preview")),
    await measured("preview, no change, as a process", process("preview")),
    await measured("up, no change, in the engine", ours("up")),
    await measured("up, no change, as a process", process("up")),
    await measured("bare Pulumi program: preview, no change", () => peers.bare.preview()),
    await measured("bare Pulumi program: up, no change", () => peers.bare.up()),
    await measured("bare Pulumi program: preview, as a process", bareProcess("preview")),
    await measured("bare Pulumi program: up, as a process", bareProcess("up")),
    await measured("helm template + kubectl diff", peers.helmAndDiff),
    await measured("helm template + kubectl diff --server-side", peers.helmAndServerDiff),
  ] as const;
  const drift = await measured("drift, nothing changed, in the engine", await driftOf(rehearsal, folder));
  let seen: Seen = { steps: [], fixes: { before: [], after: [] } };
  await runEngine(rehearsal.stack, "preview", { progress: silentProgress, seen: (all) => (seen = all) });
  const report = { what: `report of ${REPORTED} changed objects`, seconds: measureReport(seen, rounds) };
  const rehearsed = await measureRehearsed({ stack, folder: project, overrides, rounds, progress });
  const starts = await measureStarts({ stack, folder: project, rounds, progress });
  const [
    preview,
    previewProcess,
    up,
    upProcess,
    barePreview,
    bareUp,
    bareProcessPreview,
    bareProcessUp,
    helm,
    helmServer,
  ] = measures;
  const ratios = {
    "preview as a process / helm template + kubectl diff": ratio(previewProcess, helm),
    "preview in the engine / helm template + kubectl diff": ratio(preview, helm),
    "preview in the engine / helm template + kubectl diff --server-side": ratio(preview, helmServer),
    "preview in the engine / bare program's": ratio(preview, barePreview),
    "preview as a process / bare program's": ratio(previewProcess, bareProcessPreview),
    "drift in the engine / helm template + kubectl diff": ratio(drift, helm),
    "up in the engine / bare program's": ratio(up, bareUp),
    "up as a process / bare program's": ratio(upProcess, bareProcessUp),
  };
  return {
    charts: Object.fromEntries(rehearsal.charts.map(({ name, note }) => [name, note])),
    resources: {
      "rendered by Helm": peers.objects,
      "of the lab": outcome.counts["same"] ?? 0,
      "of the bare program": peers.resources,
    },
    seconds: Object.fromEntries(
      [...measures, drift, report, ...rehearsed].map(({ what, seconds }) => [what, seconds.map(rounded)]),
    ),
    starts: Object.fromEntries(
      Object.entries(starts).map(([what, { seconds, cpu }]) => [
        what,
        { seconds: seconds.map(rounded), cpu: cpu.map(rounded) },
      ]),
    ),
    ratios,
    fromNothing: rounded(fromNothing),
  };
}

/** A look at all that the lab made, which must find nothing. */
async function driftOf({ stack }: Rehearsal, folder: string): Promise<() => Promise<void>> {
  const file = await readStackFile(stackFilePath(folder, stack.name));
  const plan = await soundPlan(file);
  return async () => {
    const { drift } = await lookForDrift({ stack, plan, file, progress: silentProgress });
    if (!isClean(drift))
      throw new UserError("Something differs from what up made, so a look at it cannot be compared.");
  };
}

/** A result as a person reads it. */
export function benchText({ charts, resources, seconds, starts, ratios, fromNothing }: BenchResult): string {
  const rows = Object.entries(seconds).map(([what, rounds]) => [what, ...spread(rounds)]);
  const started = Object.entries(starts).map(([what, { seconds, cpu }]) => [what, ...spread(seconds), ...spread(cpu)]);
  return [
    textTable(["what", "median s", "range"], rows),
    textTable(["start of", "median s", "range", "median s of CPU", "range"], started),
    ...Object.entries(charts).map(([name, note]) => `chart ${name}: ${note}`),
    ...Object.entries(resources).map(([what, count]) => `resources ${what}: ${count}`),
    ...Object.entries(ratios).map(([what, number]) => `${what}: ${number}`),
    `from nothing to up, tools cached: ${fromNothing} s`,
  ].join("\n");
}

async function runProcess(file: string, words: readonly string[], { env }: Rehearsal): Promise<void> {
  const script = path.join(import.meta.dirname, file);
  await execa(process.execPath, [RUN_TYPESCRIPT, script, ...words], { cwd: PROJECT_FOLDER, env });
}

interface Peers {
  bare: auto.Stack;
  helmAndDiff: () => Promise<void>;
  helmAndServerDiff: () => Promise<void>;
  /** How many objects Helm renders. */
  objects: number;
  /** How many resources the bare program has. */
  resources: number;
}

/** @param count how many resources the bare program has */
async function preparePeers(
  { home, plan, cluster, tools, charts, env }: Rehearsal,
  count: number,
  progress: Progress,
): Promise<Peers> {
  const folder = path.join(home.folder, "peers");
  await mkdir(folder, { recursive: true });
  const [helm] = await obtainTools(["helm"], { progress });
  const renders = await labRenders(withCharts(plan, asNamed(charts)), charts);
  const render = async () => inNamespace(await helmTemplate(helm?.path ?? "helm", renders, folder), BARE);
  const objects = await render();
  const all = filledUp(objects, count - OF_EVERY_PROGRAM, BARE);
  await writeFile(bareObjectsFile(home.folder), JSON.stringify(all));
  const bare = await openBare(home.folder, { kubeconfig: cluster.kubeconfig, env });
  const { summary } = await progress.task("Bringing up the bare program", () => bare.up());
  const diff = { kubectl: pathOf(tools, "kubectl"), kubeconfig: cluster.kubeconfig, folder };
  return {
    bare,
    objects: objects.length,
    resources: summary.resourceChanges?.create ?? 0,
    helmAndDiff: async () => kubectlDiff({ ...diff, objects: await render(), flags: [] }),
    helmAndServerDiff: async () =>
      kubectlDiff({ ...diff, objects: await render(), flags: ["--server-side", "--force-conflicts"] }),
  };
}

/** Charts of a rehearsal, whatever stands for them. */
function asNamed(charts: Rehearsal["charts"]): Record<string, ChartSource> {
  return Object.fromEntries(
    charts.map(({ name, version, path: at }) => [name, { name, version, path: at, origin: "override" }]),
  );
}

const spread = (rounds: readonly number[]): string[] => [
  median(rounds).toFixed(2),
  `${Math.min(...rounds).toFixed(2)} to ${Math.max(...rounds).toFixed(2)}`,
];

function ratio(a: Measure, b: Measure): number {
  return rounded(median(a.seconds) / median(b.seconds));
}

function pathOf(tools: readonly Tool[], name: string): string {
  return tools.find((tool) => tool.name === name)?.path ?? name;
}
