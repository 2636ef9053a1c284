import { V1Deployment } from "@kubernetes/client-node";
import { functionsConfig } from "../../components/nuclio/functions-section.ts";
import type { FunctionConfig } from "../../components/nuclio/function-config.ts";
import type { Change, Dashboard } from "../../components/nuclio/client/dashboard.ts";
import type { FunctionObjects } from "../../components/nuclio/client/function-objects.ts";
import type { LiveFunction } from "../../components/nuclio/client/types.ts";
import type { LabelEntry } from "../../components/nuclio/label-config.ts";
import { functionPlan } from "../../components/nuclio/plan.ts";
import { functionObject, type FunctionContext, type FunctionObject } from "../../components/nuclio/spec.ts";

/** A function as a stack says it, from its least with changes. */
export function entry(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: "detector",
    description: "Finds helmets.",
    labels: ["helmet", "head"],
    image: "registry.example/vision/helmets:1.0.0",
    ...changes,
  };
}

/** Where Nuclio calls the function. */
export const URL_OF_HELMETS = "nuclio-helmets.cvat.svc.cluster.local:8080";

/** A checked one. */
export function config(changes: Record<string, unknown> = {}): FunctionConfig {
  const parsed = functionsConfig.parse({ helmets: entry(changes) })["helmets"];
  if (!parsed) throw new Error("nothing was parsed");
  return parsed;
}

export function object(
  changes: Record<string, unknown> = {},
  { labels, ...context }: Partial<FunctionContext> & { labels?: readonly LabelEntry[] | undefined } = {},
): FunctionObject {
  const plan = functionPlan(config(changes), labels);
  return functionObject("helmets", plan, { namespace: "cvat", hasField: false, ...context });
}

/** The function as Nuclio has it. */
export function live(wanted: FunctionObject, state: string, rest: Partial<LiveFunction["status"]> = {}): LiveFunction {
  return {
    metadata: structuredClone(wanted.metadata),
    spec: structuredClone(wanted.spec) as unknown as LiveFunction["spec"],
    status: { state, containerImage: wanted.spec.image, internalInvocationUrls: [URL_OF_HELMETS], ...rest },
  };
}

/** A Deployment that is rolled out. */
export function deployment(runtimeClassName?: string, unready = false): V1Deployment {
  return Object.assign(new V1Deployment(), {
    metadata: { name: "nuclio-helmets", generation: 1 },
    spec: { replicas: 1, template: { spec: { ...(runtimeClassName && { runtimeClassName }) } } },
    status: { observedGeneration: 1, updatedReplicas: 1, availableReplicas: unready ? 0 : 1 },
  });
}

export interface FakeOptions {
  /** What the dashboard has in the beginning. */
  before?: LiveFunction;
  /** States after it was handed over, one for each look. The last one stays. */
  states: LiveFunction["status"][];
  deployment?: V1Deployment;
  /** What POST and PUT answer, in turn. Default: accepted. */
  answers?: Change[];
  obstacles?: { object: string; reason: string; cure: string }[];
}

/** Nuclio in memory, with a record of what was asked of it. */
export function fakeNuclio({ before, states, deployment: made, answers = [], obstacles = [] }: FakeOptions) {
  const calls: string[] = [];
  let now = before;
  let handed = false;
  let has: V1Deployment | undefined = before ? made : undefined;
  const queue = [...answers];
  const hand = (verb: string, wanted?: FunctionObject) => {
    calls.push(verb);
    const answer = queue.shift() ?? "accepted";
    if (answer === "accepted") {
      handed = true;
      if (wanted) now = live(wanted, "building");
      has = made;
    }
    return Promise.resolve(answer);
  };
  const dashboard: Dashboard = {
    functions: () => Promise.resolve(now ? { [now.metadata.name]: now } : {}),
    function: () => {
      if (handed && now) {
        const status = states.length > 1 ? states.shift() : states[0];
        now = { ...now, status: status ?? {} };
      }
      return Promise.resolve(now);
    },
    create: (wanted) => hand("POST", wanted),
    update: (wanted) => hand("PUT", wanted),
    restart: () => hand("PATCH"),
    remove: () => {
      calls.push("DELETE");
      now = undefined;
      has = undefined;
      return Promise.resolve();
    },
    project: () => Promise.resolve(true),
    createProject: () => Promise.resolve(),
    removeProject: () => Promise.resolve(true),
    invoke: () => Promise.resolve({ status: 200, text: "[]" }),
  };
  const objects: FunctionObjects = {
    deployment: () => Promise.resolve(has),
    deployments: () => Promise.resolve<Record<string, V1Deployment>>(has ? { helmets: has } : {}),
    obstacles: () => Promise.resolve(obstacles),
    unready: () => Promise.resolve([]),
    services: () => Promise.resolve(new Set(has ? ["helmets"] : [])),
    pods: () => Promise.resolve([]),
    changes: () => Promise.resolve({}),
    dashboardSince: () => Promise.resolve(0),
    scale: () => Promise.resolve(),
    removePods: () => Promise.resolve(),
    removeObjects: () => Promise.resolve(),
  };
  return { calls, nuclio: { dashboard, objects } };
}
