import { parse, stringify } from "yaml";
import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { AGENT_RELEASE } from "./names.ts";

const FILE = "template.yaml";

/** Every text and key in quotes: what reads it next knows another YAML, in which `yes`, `1_000` and `=` are no texts. (clearml-real.md A4) */
const QUOTED = { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "QUOTE_DOUBLE", lineWidth: 0 } as const;

/** The pod of a task, as far as it is changed here. */
interface TaskTemplate {
  spec?: { runtimeClassName?: string; automountServiceAccountToken?: boolean } | null;
}

/** What the agent's chart needs beyond its values. @param runtimeClass of the tasks' pods; none where undefined */
export function agentFixes(runtimeClass: string | undefined): Fix[] {
  return [...(runtimeClass === undefined ? [] : [runtimeClassFix(runtimeClass)]), TASK_ACCOUNT, RECREATE];
}

const runtimeClassFix = (runtimeClass: string): Fix =>
  templateFix({
    id: "clearml-agent-runtime-class",
    why: "K3s gives a pod the GPU only with its RuntimeClass, unless the node's default runtime is NVIDIA's, and the chart has no value for it.",
    source: "clearml/clearml-helm-charts#356, #354: agentk8sglue-configmap.yaml of 5.3.3 (facts 2.5, 5.5)",
    fits: (spec) => spec.runtimeClassName === runtimeClass,
    change: (spec) => (spec.runtimeClassName = runtimeClass),
  });

const TASK_ACCOUNT: Fix = templateFix({
  id: "clearml-agent-task-account",
  why: "Training code runs under the agent's account, which may read every Secret and start pods in the namespace; it needs no token of it.",
  source: "agentk8sglue-configmap.yaml and agentk8sglue-rbac.yaml of 5.3.3 (facts 2.1, 2.5)",
  fits: (spec) => spec.automountServiceAccountToken === false,
  change: (spec) => (spec.automountServiceAccountToken = false),
});

interface DeploymentSpec {
  strategy?: { type?: string };
}
const deploymentOf = (object: RenderedObject) => object.spec as DeploymentSpec;

const RECREATE: Fix = {
  id: "clearml-agent-recreate",
  why: "During a rollout two agents of the same worker id would run side by side, each cleaning up after the other's pods.",
  source:
    "CLEARML_WORKER_ID in agentk8sglue-deployment.yaml of 5.3.3, which has no strategy and no value for one (facts 2.4)",
  matches: ({ kind, metadata }) => kind === "Deployment" && metadata.name === AGENT_RELEASE,
  stillNeeded: (object) => deploymentOf(object).strategy?.type !== "Recreate",
  apply(object) {
    deploymentOf(object).strategy = { type: "Recreate" };
  },
};

interface TemplateChange {
  id: string;
  why: string;
  source: string;
  fits: (spec: NonNullable<TaskTemplate["spec"]>) => boolean;
  change: (spec: NonNullable<TaskTemplate["spec"]>) => void;
}

/** A change of the pod template, which is YAML in a text of a ConfigMap. */
function templateFix({ id, why, source, fits, change }: TemplateChange): Fix {
  return {
    id,
    why,
    source,
    matches: ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === `${AGENT_RELEASE}-pt`,
    stillNeeded: (object) => !fits(templateOf(object).spec ?? {}),
    apply(object) {
      const template = templateOf(object);
      const spec = template.spec ?? {};
      change(spec);
      object["data"] = { ...dataOf(object), [FILE]: stringify({ ...template, spec }, QUOTED) };
    },
  };
}

const dataOf = (object: RenderedObject) => (object["data"] ?? {}) as Record<string, string>;
const templateOf = (object: RenderedObject) => (parse(dataOf(object)[FILE] ?? "") ?? {}) as TaskTemplate;
