import { createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { CHART_OBJECTS } from "../../components/cvat/names.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { DASHBOARD } from "../../components/nuclio/names.ts";
import { pathText } from "../../components/schema/problems.ts";
import { ENGINE_PROGRAMS } from "../engine/door.ts";
import { releaseAll } from "../engine/locks.ts";
import { runEngine, type Outcome } from "../engine/run.ts";
import type { StackSecret } from "../engine/sealing.ts";
import { openStack } from "../engine/stack.ts";
import type { Progress } from "../progress.ts";
import { planWithUntried, soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { rehearsalCharts, type RehearsalChart } from "./charts.ts";
import { markOf } from "../runs/belonging.ts";
import { clearAway, runsFolder } from "../runs/engine-run.ts";
import { CLUSTER_PROGRAMS, clusterIn, startCluster, type Cluster } from "./cluster/cluster.ts";
import type { Home } from "./cluster/homes.ts";
import { seed } from "./cluster/seed.ts";
import { groundOf } from "./ground/ground.ts";
import { likenessFor } from "./ground/likeness-file.ts";
import { STAND_INS } from "../plugins/attached.ts";
import { passphraseIn } from "./passphrase.ts";
import { PLUGINS } from "../plugins/index.ts";
import { installPlugins, type PluginStandIn } from "../plugins/install.ts";
import { startServices } from "./services/index.ts";
import { writeStackFolder } from "./stack-folder.ts";
import { engineEnvironment } from "../tools/environment.ts";
import { together } from "../together.ts";
import { obtainTools, type Tool } from "../tools/obtain.ts";

/** Every program a rehearsal runs. */
export const REHEARSAL_PROGRAMS = [...ENGINE_PROGRAMS, ...CLUSTER_PROGRAMS, "minio"] as const;

export interface RehearsalOptions {
  stack: string;
  /** Folder of Pulumi.yaml and the stack files. */
  project: string;
  /** `--chart NAME=PATH`. */
  overrides: Readonly<Record<string, string>>;
  /** `--like`: a kubeconfig, or the file that was written of its cluster. Default: none, what is not known is made up. */
  like?: string | undefined;
  home: Home;
  progress: Progress;
  /** The home is as it was left, ready and with this very lab in its cluster: nothing is put there again. Default: no. */
  asLeft?: boolean;
  /** Versions that nobody is known to have tried are taken, also where the stack file does not allow them. Default: they are refused. */
  untried?: boolean;
}

/** A rehearsal that is ready for the engine: cluster, charts and stack are there. */
export interface Rehearsal {
  home: Home;
  /** The lab as the user's stack file has it. */
  plan: Plan;
  /** Products whose versions nobody is known to have tried, which the stack file itself does not allow. */
  untried: readonly string[];
  cluster: Cluster;
  tools: Tool[];
  charts: RehearsalChart[];
  /** What was taken to be in the lab's cluster, each in one line. */
  assumed: readonly string[];
  /** What stands for what is not there, each in one line. */
  standIns: string[];
  stack: auto.Stack;
  /** What the engine runs with, over the process's own environment. */
  env: Record<string, string>;
}

/** What a rehearsed `up` gave. */
export interface RehearsalResult {
  outcome: Outcome;
  outputs: Record<string, unknown>;
}

/** Pods to which a person makes a port-forward, and what stands for them here. */
function forwardsOf({ cvat, functions, lab }: Plan) {
  const { namespace } = lab.cvat;
  return [
    ...(cvat ? [{ namespace, port: CHART_OBJECTS.serverPort, standIn: "cvat" }] : []),
    ...(Object.keys(functions).length > 0 ? [{ namespace, port: DASHBOARD.port, standIn: "nuclio" }] : []),
  ];
}

/**
 * Builds the place in which a stack is rehearsed: programs, cluster with the lab's objects, charts, and the stack with a backend of its own.
 * @throws UserError for a broken stack file, before anything is started.
 */
export async function prepare({
  stack,
  project,
  overrides,
  like,
  home,
  progress,
  asLeft = false,
  untried: takesUntried = false,
}: RehearsalOptions): Promise<Rehearsal> {
  const file = await readStackFile(stackFilePath(project, stack));
  const { plan, untried } = takesUntried ? await planWithUntried(file) : { plan: await soundPlan(file), untried: [] };
  const likeness = like === undefined ? undefined : await likenessFor(like, plan, { folder: project, stack, progress });
  const ground = groundOf(plan, likeness);
  const [tools, passphrase] = await Promise.all([
    obtainTools(REHEARSAL_PROGRAMS, { progress }),
    passphraseIn(home.folder),
  ]);
  const cluster = clusterIn(home.folder);
  // Of a cluster that was there before, all that is beside it knows what it needs, and begins with it.
  const known = existsSync(cluster.kubeconfig);
  const folder = path.join(home.folder, "stack");
  const pulumiHome = path.join(home.folder, "pulumi");
  const plugins = await installPlugins(pulumiHome, PLUGINS);
  const env = {
    ...(await engineEnv(home, tools, { pulumiHome, passphrase: passphrase.text })),
    [STAND_INS]: plugins.map(({ name }) => name).join(","),
  };
  const open = () => openStack({ stack, folder, engine: home.folder, env, create: true, backups: "unasked" });
  // The engine asks for its stack as long as the API server starts. What a killed run has left half-written is written anew below.
  const openedAsItWas = async () =>
    existsSync(stackFilePath(folder, stack)) ? open().catch(() => undefined) : undefined;
  const lookForCharts = () =>
    rehearsalCharts(plan.charts, { overrides, folder: path.join(home.folder, "charts"), progress });
  // In a new home nothing is started for charts that cannot be had.
  const foundFirst = known ? undefined : await lookForCharts();
  const title = "Starting a Kubernetes API server and what stands beside it";
  const [services, charts, already] = await progress.task(title, async (task) => {
    const serving = startCluster({ home: home.folder, tools, progress: task, forwards: forwardsOf(plan) });
    const seeded = serving.then(async () => {
      if (asLeft) return;
      task.update("putting the lab's nodes, storage classes and Traefik in place");
      await seed(cluster, ground.objects);
    });
    const started = (known ? Promise.resolve() : serving).then(() =>
      startServices({ home: home.folder, tools, plan, cluster, progress: task }),
    );
    const found = foundFirst ? Promise.resolve(foundFirst) : lookForCharts();
    const [, ...rest] = await together([seeded, started, found, openedAsItWas()]);
    return rest;
  });
  await writeStackFolder(folder, project, stack, {
    kubeconfig: cluster.kubeconfig,
    context: cluster.context,
    charts: Object.fromEntries(charts.map((chart) => [chart.name, chart.path])),
    values: [...services.flatMap(({ values = [] }) => values), ...untried.map(untriedAllowed)],
    files: Object.fromEntries(services.flatMap(({ files = {} }) => Object.entries(files))),
    key: passphrase.key,
    standIn: (at, sealed) => standInFor(at, sealed, passphrase.text),
    secrets: services.flatMap(({ secrets = [] }) => secrets),
  });
  const opened = already ?? (await open());
  // A kept rehearsal belongs to one run at a time, so what runs of it and a lock in its state are a killed run's.
  await clearAway(runsFolder(env));
  if (await hasLocks(home)) await releaseAll(opened);
  const standIns = [...services.flatMap(({ notes = [] }) => notes), ...plugins.map(pluginNote)];
  return { home, plan, untried, cluster, tools, charts, assumed: ground.notes, standIns, stack: opened, env };
}

/** Brings the rehearsed stack up. */
export async function bringUp({ stack }: Rehearsal, progress: Progress, parallel?: number): Promise<RehearsalResult> {
  const outcome = await runEngine(stack, "up", { progress, parallel });
  return { outcome, outputs: outcome.outputs ?? {} };
}

/** The engine's environment: state and plugins in the rehearsal's home, a passphrase made for it, nothing of the user's own. */
async function engineEnv(
  home: Home,
  tools: readonly Tool[],
  { pulumiHome, passphrase }: { pulumiHome: string; passphrase: string },
): Promise<Record<string, string>> {
  const state = path.join(home.folder, "state");
  await mkdir(state, { recursive: true });
  const links = path.join(home.folder, "bin");
  return {
    ...(await engineEnvironment(tools, { links, pulumiHome })),
    // A killed run leaves the engine and its plugins behind; by this the next run knows them.
    ...markOf(home.folder),
    // Without notes beside each file: an engine that is killed while it writes one leaves it empty, and no engine reads the state any more
    // ("failed to load checkpoint: EOF"). (gocloud.dev: blob/fileblob)
    PULUMI_BACKEND_URL: `file://${state}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
  };
}

const pluginNote = ({ name, version, note }: PluginStandIn) => `plugin ${name} ${version}: ${note}`;

async function hasLocks(home: Home): Promise<boolean> {
  const locks = path.join(home.folder, "state", ".pulumi", "locks");
  const files = await readdir(locks, { recursive: true, withFileTypes: true }).catch(() => []);
  return files.some((file) => file.isFile());
}

const untriedAllowed = (section: string) => ({ section, path: ["allowUnknownVersions"], value: true });

/**
 * Stands for a secret that is encrypted for another passphrase: the same each time, so that a kept rehearsal is not changed by being run again,
 * and another for another one.
 */
function standInFor([section = "", ...path]: StackSecret["at"], sealed: string, passphrase: string): string {
  const key = pathText(String(section), path);
  return createHmac("sha256", passphrase).update(`${key}\0${sealed}`).digest("hex").slice(0, 24);
}
