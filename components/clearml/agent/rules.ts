import { deliveryProblems, referenceProblem } from "../../images/delivery-config.ts";
import { namesRegistry } from "../../images/reference.ts";
import { isMap } from "../../program/maps.ts";
import { resourceProblems } from "../../schema/pods.ts";
import type { Found, SectionRule } from "../../schema/section-rules.ts";
import type { ClearmlConfig } from "../clearml-config.ts";
import { keyProblem } from "../hocon.ts";
import { imageOf } from "./names.ts";
import { taskResources } from "./plan.ts";

/** What holds of the agent's keys together. All of it is silent while the agent is not installed. */
export const AGENT_RULES: readonly SectionRule<ClearmlConfig>[] = [
  {
    reads: ["agent", "enabled"],
    problems: ({ agent, enabled }) =>
      agent.enabled && !enabled
        ? [{ path: ["agent", "enabled"], message: "needs the server, which is switched off (clearml.enabled)" }]
        : [],
  },
  {
    reads: ["agent", "addresses", "endpoint"],
    problems: ({ agent, addresses, endpoint }) =>
      agent.enabled && endpoint === undefined && addresses.api === undefined
        ? [
            {
              path: ["addresses", "api"],
              message:
                "is missing: the agent's queue is made through the API, whose address must be known before it is installed; give it, or endpoint",
            },
          ]
        : [],
  },
  {
    reads: ["agent", "namespace"],
    problems: ({ agent, namespace }) =>
      agent.enabled && agent.namespace === namespace
        ? [
            {
              path: ["agent", "namespace"],
              message:
                "is the server's too: tasks of the agent may read every Secret of their namespace, and so the server's credentials; give it one of its own",
            },
          ]
        : [],
  },
  {
    reads: ["agent"],
    problems: ({ agent }) => (agent.enabled ? imageProblems(agent.image) : []),
  },
  {
    reads: ["agent"],
    problems: ({ agent: { tasks } }) =>
      resourceProblems(taskResources(tasks))
        .filter(({ path }) => path[1] === tasks.gpuResource)
        .map(({ path, message }) => ({
          path: ["agent", "tasks", "resources", ...path],
          message: `${message}, by agent.tasks.gpus`,
        })),
  },
  {
    reads: ["agent"],
    problems: ({ agent }) => confProblems(agent.conf, ["agent", "conf"]),
  },
  {
    reads: ["agent"],
    problems: ({ agent }) =>
      OWNED.filter(({ path }) => has(agent.values, path)).map(({ path, cure }) => ({
        path: ["agent", "values", ...path],
        message: `is set by this program; ${cure}`,
      })),
  },
];

function imageProblems(image: ClearmlConfig["agent"]["image"]): Found[] {
  const { repository, tag, delivery } = image;
  const own: Found[] = [
    ...(tag === "latest"
      ? [
          {
            path: ["agent", "image", "tag"],
            message:
              "is `latest`: Kubernetes then pulls the image at each start, from a registry that may not exist; name a version",
          },
        ]
      : []),
    ...(namesRegistry(repository)
      ? [
          {
            path: ["agent", "image", "repository"],
            message: "names a registry, and the chart puts one before it; set agent.image.registry instead",
          },
        ]
      : []),
  ];
  const reference = own.length === 0 && delivery.by === "nodes" ? referenceProblem(imageOf(image)) : undefined;
  return [
    ...own,
    ...(reference === undefined
      ? []
      : [{ path: ["agent", "image", "registry"], message: `${reference} (the whole name is ${imageOf(image)})` }]),
    ...deliveryProblems(delivery).map(({ path, message }) => ({
      path: ["agent", "image", "delivery", ...path],
      message,
    })),
  ];
}

/** Values HOCON can have and the agent can encode: it writes its configuration into each pod as ASCII. (clearml.md 2.6, 3.2) */
function confProblems(value: unknown, path: (string | number)[]): Found[] {
  if (isMap(value)) {
    return Object.entries(value).flatMap(([key, inner]) => [
      ...keyProblems(key, path),
      ...confProblems(inner, [...path, key]),
    ]);
  }
  if (Array.isArray(value)) return value.flatMap((inner, index) => confProblems(inner, [...path, index]));
  if (typeof value === "boolean" || Number.isSafeInteger(value)) return [];
  if (typeof value !== "string") return [{ path, message: "must be text, a whole number, true or false" }];
  return isPlainAscii(value)
    ? []
    : [{ path, message: "has characters beyond printable ASCII, at which every task would fail; take them out" }];
}

/** The parser keeps a key in quotes as one, so `"agent.git_user"` sets nothing that the agent reads. (clearml-real.md A9) */
function keyProblems(key: string, path: (string | number)[]): Found[] {
  const message = isPlainAscii(key)
    ? keyProblem(key, "the agent")
    : `has a key that is not printable ASCII; rename \`${key}\``;
  return message === undefined ? [] : [{ path, message }];
}

const isPlainAscii = (text: string) => /^[\x20-\x7e\n\t]*$/.test(text);

/** Chart values that contradict a key which is checked, or a Secret of ours. */
const OWNED: readonly { path: readonly string[]; cure: string }[] = [
  { path: ["clearml"], cure: "its Secrets hold credentials and configuration; set agent.conf" },
  { path: ["agentk8sglue", "image"], cure: "set agent.image" },
  { path: ["agentk8sglue", "queue"], cure: "set agent.queue" },
  { path: ["agentk8sglue", "createQueueIfNotExists"], cure: "the queue is made beforehand" },
  { path: ["agentk8sglue", "replicaCount"], cure: "two agents of one name would take each other's tasks" },
  { path: ["agentk8sglue", "extraEnvs"], cure: "set agent.conf, or agent.tasks.environment" },
  { path: ["agentk8sglue", "annotations"], cure: "they restart the agent when its configuration changes" },
  { path: ["agentk8sglue", "basePodTemplate", "env"], cure: "set agent.tasks.environment" },
  { path: ["agentk8sglue", "basePodTemplate", "resources"], cure: "set agent.tasks.gpus and agent.tasks.resources" },
];

function has(values: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return values !== undefined;
  return isMap(values) && has(values[key], rest);
}
