import { mkdir } from "node:fs/promises";
import path from "node:path";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { UserError } from "../../components/errors.ts";
import { runEngine } from "../engine/run.ts";
import { PROJECT_FOLDER, wholeNumber } from "../commands/common.ts";
import { silentProgress, streamProgress } from "../progress.ts";
import { cleanUpStale, createHome, freshName, removeHome, type Home } from "../rehearsal/cluster/homes.ts";
import { bringUp, prepare, type Rehearsal } from "../rehearsal/rehearse.ts";
import { textTable } from "../report/table.ts";
import { obtainTools, type Tool } from "../rehearsal/tools/obtain.ts";
import { checkStackFile } from "../stackfile/check.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { bareProgram, helmTemplate, inNamespace, kubectlDiff } from "./peers.ts";
import { plainValues } from "./values.ts";

/** `npm run bench -- 9`: rounds of each measure. Default 5. */
const ROUNDS = wholeNumber(process.argv[2] ?? "5");
/** Namespace of the peers' objects. */
const BARE = "bare";
const progress = streamProgress();

/** One thing measured: seconds of each round. */
interface Measure {
  what: string;
  seconds: number[];
}

await cleanUpStale();
const home = await createHome(freshName("bench"), { kept: false });
try {
  await bench(home);
} finally {
  await removeHome(home.folder);
}

async function bench(home: Home): Promise<void> {
  const began = performance.now();
  const rehearsal = await prepare({ stack: "homelab", project: PROJECT_FOLDER, overrides: {}, home, progress });
  await bringUp(rehearsal, progress);
  const fromNothing = (performance.now() - began) / 1000;
  const { outcome } = await bringUp(rehearsal, progress);
  if (outcome.changes.length > 0)
    throw new UserError("The stack is not settled after its first up, so nothing can be compared.");

  const peers = await preparePeers(rehearsal);
  const folder = path.join(home.folder, "stack");
  const ours = (verb: "preview" | "up") => () => runEngine(rehearsal.stack, verb, { progress: silentProgress });
  const process = (verb: "preview" | "up") => () => engineProcess(verb, folder, home, rehearsal);
  const preview = await measure("preview, no change, in the engine", ours("preview"));
  const previewProcess = await measure("preview, no change, as a process", process("preview"));
  const up = await measure("up, no change, in the engine", ours("up"));
  const upProcess = await measure("up, no change, as a process", process("up"));
  const barePreview = await measure("bare Pulumi program: preview, no change", () => peers.bare.preview());
  const bareUp = await measure("bare Pulumi program: up, no change", () => peers.bare.up());
  const helm = await measure("helm template + kubectl diff", peers.helmAndDiff);

  const rows = [preview, previewProcess, up, upProcess, barePreview, bareUp, helm].map((one) => [
    one.what,
    median(one).toFixed(2),
    `${Math.min(...one.seconds).toFixed(2)} to ${Math.max(...one.seconds).toFixed(2)}`,
  ]);
  const ratio = (a: Measure, b: Measure) => (median(a) / median(b)).toFixed(2);
  const lines = [
    textTable(["what", "median s", `of ${ROUNDS} rounds`], rows),
    `objects: ${peers.objects} rendered by Helm, ${outcome.counts["same"] ?? 0} resources of ours, ${peers.objects + 3} of the bare program`,
    `preview as a process / helm template + kubectl diff: ${ratio(previewProcess, helm)}`,
    `preview in the engine / helm template + kubectl diff: ${ratio(preview, helm)}`,
    `preview in the engine / bare program's: ${ratio(preview, barePreview)}`,
    `up in the engine / bare program's: ${ratio(up, bareUp)}`,
    `from nothing to up, tools cached: ${fromNothing.toFixed(1)} s`,
  ];
  globalThis.process.stdout.write(`${lines.join("\n")}\n`);
}

async function engineProcess(verb: string, folder: string, home: Home, { env }: Rehearsal): Promise<void> {
  const script = path.join(import.meta.dirname, "engine-process.ts");
  await execa(process.execPath, ["--import", "tsx", script, verb, folder, home.folder], { cwd: PROJECT_FOLDER, env });
}

interface Peers {
  bare: auto.Stack;
  helmAndDiff: () => Promise<void>;
  /** How many objects Helm renders. */
  objects: number;
}

async function preparePeers({ home, cluster, tools, charts, env }: Rehearsal): Promise<Peers> {
  const lab = checkStackFile(await readStackFile(stackFilePath(PROJECT_FOLDER, "homelab"))).lab;
  if (!lab) throw new UserError("Pulumi.homelab.yaml has problems: npm run platform -- config check");
  const chart = (name: string) => charts.find((one) => one.name === name) ?? { path: "", version: "" };
  const values = await plainValues(lab, { cvat: chart("cvat").version });
  const folder = path.join(home.folder, "peers");
  await mkdir(folder, { recursive: true });
  const [helm] = await obtainTools(["helm"], { progress });
  const renders = [
    { release: "cvat", chart: chart("cvat").path, namespace: lab.cvat.namespace, values: values.cvat },
    { release: "clearml", chart: chart("clearml").path, namespace: lab.clearml.namespace, values: values.clearml },
  ];
  const render = async () => inNamespace(await helmTemplate(helm?.path ?? "helm", renders, folder), BARE);
  const objects = await render();
  const program = bareProgram(cluster.kubeconfig, objects, BARE);
  const bare = await auto.LocalWorkspace.createOrSelectStack(
    { stackName: "bare", projectName: "bare", program },
    { envVars: env, pulumiCommand: await auto.PulumiCommand.get({ root: home.folder }) },
  );
  await progress.task("Bringing up the bare program", () => bare.up());
  return {
    bare,
    objects: objects.length,
    helmAndDiff: async () => kubectlDiff(pathOf(tools, "kubectl"), cluster.kubeconfig, await render(), folder),
  };
}

async function measure(what: string, work: () => Promise<unknown>): Promise<Measure> {
  const seconds: number[] = [];
  await progress.task(what, async (task) => {
    for (let round = 1; round <= ROUNDS; round++) {
      task.update(`round ${round} of ${ROUNDS}`);
      const start = performance.now();
      await work();
      seconds.push((performance.now() - start) / 1000);
    }
  });
  return { what, seconds };
}

function median({ seconds }: Measure): number {
  return [...seconds].sort((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? Number.NaN;
}

function pathOf(tools: readonly Tool[], name: string): string {
  return tools.find((tool) => tool.name === name)?.path ?? name;
}
