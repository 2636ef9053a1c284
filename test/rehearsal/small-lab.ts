import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { KubeConfig, KubernetesObjectApi, PatchStrategy, type KubernetesObject } from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { stringify } from "yaml";
import { lookAtCluster } from "../../automation/cluster/look.ts";
import { prepareCluster } from "../../automation/cluster/prepare.ts";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { ownState } from "../../automation/engine/own-state.ts";
import type { Outcome, Verb } from "../../automation/engine/run.ts";
import { silentProgress } from "../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { ChartInstall } from "../../components/charts/install.ts";
import { appliedBelow } from "../../components/kubernetes/field-manager.ts";
import { endedByFirstRejection } from "../../components/program/end.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { knownCluster } from "../../components/preflight/state.ts";
import { countRequests, type Counter } from "./counting-proxy.ts";
import { engineIn, type EngineRunOptions } from "./engine.ts";
import { exampleGround } from "./ground.ts";
import { planned } from "../fixtures/inputs/planned.ts";

export const NAMESPACE = "bench";

/** An object as it stands in the chart. */
export interface ChartObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  [field: string]: unknown;
}

export interface SmallLabOptions {
  /** Images, or beginnings of their names, that no pod can pull. */
  unpullable?: readonly string[];
}

export interface SmallRunOptions extends EngineRunOptions {
  /** How long the gate waits. Default: a minute. */
  readyTimeoutMs?: number;
  /** Runs the program as it was before there was one field manager. */
  old?: boolean;
}

/**
 * A real API server and the real engine with a program that installs one chart, whose objects are given by the test. For what the engine
 * and the API server do to single objects: a run takes a tenth of the lab's time.
 */
export interface SmallLab {
  /** The lines of progress of the last run. */
  lines: string[];
  /** What the readiness gates asked the API server for, since it was last emptied. */
  requests: Counter["requests"];
  /** Path of the kubeconfig. */
  kubeconfig: string;
  /** Makes these the chart's objects. */
  chart(objects: readonly ChartObject[]): Promise<void>;
  run(verb: Verb, options?: SmallRunOptions): Promise<Outcome>;
  stack: auto.Stack;
  get<T extends KubernetesObject>(apiVersion: string, kind: string, name: string): Promise<T>;
  /** Everything of a kind in the namespace. */
  list(apiVersion: string, kind: string): Promise<KubernetesObject[]>;
  /** Applies an object as another program would, server-side. */
  apply(object: ChartObject, fieldManager: string): Promise<void>;
  remove(object: ChartObject): Promise<void>;
  end(): Promise<void>;
}

export async function startSmallLab(options: SmallLabOptions = {}): Promise<SmallLab> {
  const home = await createHome(freshName("small"), { kept: false });
  try {
    return await startIn(home, options);
  } catch (error) {
    await removeHome(home.folder);
    throw error;
  }
}

async function startIn(home: Home, { unpullable }: SmallLabOptions): Promise<SmallLab> {
  const tools = await obtainTools([...ENGINE_PROGRAMS, ...CLUSTER_PROGRAMS], { progress: silentProgress });
  const cluster = await startCluster({
    home: home.folder,
    tools,
    progress: { update: () => undefined },
    unpullable,
  });
  await seed(cluster, exampleGround());
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = KubernetesObjectApi.makeApiClient(config);
  const counter = await countRequests(config, path.join(home.folder, "counted-kubeconfig"));
  const chart = path.join(home.folder, "charts", "bench");
  const run = { readyTimeoutMs: 0, old: false };
  const plan = planned({
    cluster: { kubeconfig: cluster.kubeconfig, context: cluster.context, storageClass: "longhorn" },
    cvat: { namespace: NAMESPACE },
    clearml: { enabled: false },
  });

  const program = () => endedByFirstRejection(installed);
  const installed = async () => {
    const prepared = run.old
      ? { inPlaceOfOld: new Set<string>(), madeAgain: new Set<string>() }
      : await prepareCluster(plan, knownCluster(await ownState()), (await lookAtCluster(plan.lab.cluster)).facts);
    const provider = new k8s.Provider("cluster", {
      kubeconfig: cluster.kubeconfig,
      context: cluster.context,
      enableServerSideApply: true,
    });
    const namespace = new k8s.core.v1.Namespace(
      NAMESPACE,
      { metadata: { name: NAMESPACE } },
      { provider, retainOnDelete: true, ...(!run.old && { transformations: [appliedBelow(prepared)] }) },
    );
    const install = new ChartInstall(
      "bench",
      {
        title: "Bench",
        chart: { name: "bench", version: "1.0.0", path: chart, origin: "override" },
        release: "bench",
        namespace: namespace.metadata.name,
        values: {},
        fixes: [],
        stages: [{ stage: "databases", name: /^bench-store/ }],
        cluster: {
          provider,
          access: { kubeconfig: counter.kubeconfig },
          prepared,
          readyTimeoutMs: run.readyTimeoutMs,
        },
      },
      {
        provider: new OwnProvider("own"),
        ...(run.old ? { transforms: [underMadeUpName] } : { transformations: [appliedBelow(prepared)] }),
      },
    );
    return { ledger: install.ledger };
  };
  const engine = await engineIn({ folder: home.folder, tools, program });

  return {
    lines: engine.lines,
    requests: counter.requests,
    kubeconfig: cluster.kubeconfig,
    async chart(objects) {
      await rm(chart, { recursive: true, force: true });
      await mkdir(path.join(chart, "templates"), { recursive: true });
      await writeFile(path.join(chart, "Chart.yaml"), stringify({ apiVersion: "v2", name: "bench", version: "1.0.0" }));
      const templates = objects.map((object) => stringify(object)).join("---\n");
      await writeFile(path.join(chart, "templates", "objects.yaml"), templates);
    },
    async run(verb, { readyTimeoutMs = 60_000, old = false, ...options } = {}) {
      Object.assign(run, { readyTimeoutMs, old });
      counter.requests.length = 0;
      return engine.run(verb, options);
    },
    stack: engine.stack,
    async get<T extends KubernetesObject>(apiVersion: string, kind: string, name: string) {
      return client.read<T>({ apiVersion, kind, metadata: { name, namespace: NAMESPACE } });
    },
    async list(apiVersion, kind) {
      return (await client.list(apiVersion, kind, NAMESPACE)).items;
    },
    async apply(object, fieldManager) {
      await client.patch(inNamespace(object), undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply);
    },
    async remove(object) {
      await client.delete(inNamespace(object));
    },
    async end() {
      await counter.end();
      await removeHome(home.folder);
    },
  };
}

/** Takes the field manager away from a chart's objects, so that the plugin makes up a name for each, as before there was one. */
const underMadeUpName: pulumi.ResourceTransform = ({ type, props, opts }) => {
  const { metadata } = props as { metadata?: { annotations?: Record<string, string> } };
  if (!type.startsWith("kubernetes:") || metadata?.annotations === undefined) return undefined;
  delete metadata.annotations["pulumi.com/patchFieldManager"];
  return { props, opts: { ...opts, deleteBeforeReplace: undefined } };
};

const inNamespace = (object: ChartObject): ChartObject =>
  object.kind === "Namespace" ? object : { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } };
