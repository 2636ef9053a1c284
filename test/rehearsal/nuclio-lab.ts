import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { silentProgress } from "../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { createHome, freshName, removeHome } from "../../automation/rehearsal/cluster/homes.ts";
import { registerRoute } from "../../automation/rehearsal/cluster/routes.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import type { HandlerSource } from "../../automation/rehearsal/services/nuclio/handlers.ts";
import type { NuclioStandInConfig } from "../../automation/rehearsal/services/nuclio/main.ts";
import { ensureService } from "../../automation/rehearsal/services/service.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { functionsConfig } from "../../components/nuclio/functions-section.ts";
import { connect } from "../../components/nuclio/connect.ts";
import type { Nuclio as NuclioParts } from "../../components/nuclio/sides.ts";
import { DASHBOARD } from "../../components/nuclio/names.ts";
import { Nuclio, platformValues } from "../../components/nuclio/nuclio.ts";
import { functionPlan } from "../../components/nuclio/plan.ts";
import { observeFunctions } from "../../components/nuclio/observe.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { engineIn, type TestEngine } from "./engine.ts";
import { exampleGround } from "./ground.ts";

export const NAMESPACE = "cvat";

/** What the program of the test is told. */
export interface NuclioState {
  functions: Record<string, Record<string, unknown>>;
  adopted: Record<string, { runtimeClass: string }>;
  /** Release of Nuclio. */
  version: string;
}

type Json = Record<string, unknown>;

/** A real API server with Nuclio's objects, the stand-in behind them, and the real engine with a program that has functions. */
export interface NuclioLab {
  engine: TestEngine;
  state: NuclioState;
  nuclio: NuclioParts;
  /** Path of the kubeconfig. */
  kubeconfig: string;
  /** The object at a path of the API server; undefined when there is none. */
  get(path: string): Promise<Json | undefined>;
  put(path: string, object: unknown): Promise<void>;
  /** Gives Nuclio's Deployments and its platform configuration as the chart would have them now. */
  install(): Promise<void>;
  end(): Promise<void>;
}

export async function startNuclioLab(
  state: NuclioState,
  { handlers = [], unpullable = [] }: { handlers?: HandlerSource[]; unpullable?: string[] } = {},
): Promise<NuclioLab> {
  const home = await createHome(freshName("nuclio"), { kept: false });
  try {
    const tools = await obtainTools([...ENGINE_PROGRAMS, ...CLUSTER_PROGRAMS], { progress: silentProgress });
    const cluster = await startCluster({ home: home.folder, tools, progress: { update: () => undefined }, unpullable });
    await seed(cluster, exampleGround());
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const send = apiServer(config);
    const ask = async (method: "GET" | "POST" | "PUT", where: string, body?: unknown) => {
      const { status, text } = await send({ method, path: where, body, timeoutMs: 20_000 });
      if (status === 404) return undefined;
      if (status >= 400 && status !== 409) throw new Error(`${method} ${where}: ${text}`);
      return JSON.parse(text) as Json;
    };
    const put = async (folder: string, object: Json) => {
      const { name } = object["metadata"] as { name: string };
      const there = await ask("GET", `${folder}/${name}`);
      if (there === undefined) await ask("POST", folder, object);
      else
        await ask("PUT", `${folder}/${name}`, {
          ...there,
          ...object,
          metadata: { ...(there["metadata"] as Json), ...(object["metadata"] as Json) },
        });
    };
    await put("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
    for (const kind of ["NuclioFunction", "NuclioProject"]) await put(DEFINITIONS, definition(kind));
    const install = async () => {
      const platform = platformValues(plansOf(state), state.version);
      const data = { "platform.yaml": JSON.stringify(platform ?? {}) };
      await put(`/api/v1/namespaces/${NAMESPACE}/configmaps`, {
        metadata: { name: "cvat-nuclio-platform-config" },
        data,
      });
      for (const part of ["controller", "dashboard"]) await put(DEPLOYMENTS, nuclioDeployment(part, state.version));
    };
    await install();
    await put(`/api/v1/namespaces/${NAMESPACE}/services`, {
      metadata: { name: DASHBOARD.service },
      spec: { selector: { "nuclio.io/name": "dashboard" }, ports: [{ name: "admin", port: DASHBOARD.port }] },
    });
    const standIn: NuclioStandInConfig = {
      kubeconfig: cluster.kubeconfig,
      namespace: NAMESPACE,
      release: "cvat-nuclio",
      handlers,
    };
    const script = path.resolve(import.meta.dirname, "../../automation/rehearsal/services/nuclio/main.ts");
    const { port } = await ensureService({ name: "nuclio", script, home: home.folder, config: standIn });
    await registerRoute(home.folder, { namespace: NAMESPACE, ...DASHBOARD, to: port });
    const access = { kubeconfig: cluster.kubeconfig, context: cluster.context };
    const engine = await engineIn({ folder: home.folder, tools, program: program(state, access) });
    return {
      engine,
      state,
      nuclio: await connect(access, NAMESPACE),
      kubeconfig: cluster.kubeconfig,
      get: (where) => ask("GET", where),
      put: async (where, object) => {
        await ask("PUT", where, object);
      },
      install,
      end: () => removeHome(home.folder),
    };
  } catch (error) {
    await removeHome(home.folder);
    throw error;
  }
}

const plansOf = ({ functions }: NuclioState) =>
  Object.fromEntries(
    Object.entries(functionsConfig.parse(functions)).map(([name, config]) => [name, functionPlan(config)]),
  );

/** What VisionPlatform does with functions. */
function program(state: NuclioState, access: { kubeconfig: string; context: string }) {
  return async () => {
    const functions = plansOf(state);
    const classes = Object.fromEntries(
      Object.entries(functions).map(([name, { runtimeClass }]) => [name, runtimeClass]),
    );
    const findings = await observeFunctions(access, NAMESPACE, classes, (text) => void pulumi.log.warn(text));
    const provider = new k8s.Provider("cluster", { ...access, enableServerSideApply: true });
    const cluster = { provider, access, readyTimeoutMs: 60_000 };
    const nuclio = new Nuclio(
      "nuclio",
      {
        functions,
        adopted: state.adopted,
        cluster,
        namespace: NAMESPACE,
        version: state.version,
        ready: pulumi.output(undefined),
        findings,
      },
      { providers: [new OwnProvider("dynamic")] },
    );
    return { functions: nuclio.functions };
  };
}

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;

function definition(kind: string): Json {
  const free = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const plural = `${kind.toLowerCase()}s`;
  return {
    metadata: { name: `${plural}.nuclio.io` },
    spec: {
      group: "nuclio.io",
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: "v1beta1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: free, status: free } } },
        },
      ],
    },
  };
}

const BUILDER = [{ name: "NUCLIO_CONTAINER_BUILDER_KIND", value: "kaniko" }];

function nuclioDeployment(part: string, version: string): Json {
  const labels = { "nuclio.io/name": part, "nuclio.io/app": part };
  return {
    metadata: { name: `cvat-nuclio-${part}` },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: part, image: `quay.io/nuclio/${part}:${version}-amd64`, env: BUILDER }] },
      },
    },
  };
}
