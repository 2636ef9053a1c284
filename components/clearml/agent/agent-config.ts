import * as z from "zod";
import { deliveryConfig } from "../../images/delivery-config.ts";
import { imagePath, imageReference, imageTag, parseImage, registryHost } from "../../images/reference.ts";
import { deviceName, environmentName, nodeSelector, resources, toleration } from "../../schema/pods.ts";
import { bytes, dnsLabel, LINES_META } from "../../schema/values.ts";
import { AGENT_IMAGE, DEFAULT_TASK_IMAGE } from "./names.ts";

const placement = {
  nodeSelector: nodeSelector.default({}).describe("Labels a node must have."),
  tolerations: z.array(toleration).default([]).describe("Taints of nodes that are put up with."),
};

const image = z.strictObject({
  registry: registryHost
    .default("registry.internal")
    .describe("Registry in the image's name. For an image that is carried to the nodes it need not exist."),
  repository: imagePath
    .default("clearml-agent")
    .describe("The image's name, without its registry: the chart puts that before it."),
  tag: imageTag.default(AGENT_IMAGE.tag).describe("Its tag. Raise it whenever images/clearml-agent changes."),
  delivery: deliveryConfig
    .prefault({})
    .describe("How it gets to the nodes. The agent runs on the nodes it was carried to, and on no other."),
});

const tasks = z.strictObject({
  image: imageReference
    .refine((text) => {
      const image = parseImage(text);
      return !image || image.tag !== undefined || image.digest !== undefined;
    }, "must be an image with a tag or a digest")
    .default(DEFAULT_TASK_IMAGE)
    .describe(
      "Image of tasks that name none. One without Python installs it at each task's start; pytorch/pytorch has it.",
    ),
  gpus: z.int().min(0).max(16).default(1).describe("GPUs of each task's pod. 0: none."),
  gpuResource: deviceName
    .default("nvidia.com/gpu")
    .describe(
      "What the node calls its GPUs: `nvidia.com/gpu.shared` where the device plugin shares them under that name.",
    ),
  runtimeClass: z
    .union([dnsLabel, z.literal("")])
    .default("nvidia")
    .describe('RuntimeClass of pods with GPUs. "" where nvidia is the containers\' default runtime.'),
  ...placement,
  resources: resources.prefault({}).describe("Further requests and limits of each task's pod."),
  sharedMemory: bytes
    .default("8Gi")
    .describe(
      "What a pod may hold in /dev/shm, where a DataLoader's workers hand over their batches. It takes memory only as it fills, and counts as the pod's own.",
    ),
  environment: z
    .record(environmentName, z.string())
    .default({})
    .describe("Further environment variables of each task. Not for secrets.")
    .meta(LINES_META),
});

/** Schema of `vision-platform:clearml.agent`. */
export const agentConfig = z.strictObject({
  enabled: z.boolean().default(false).describe("Whether the agent is installed that runs queued tasks as pods."),
  namespace: dnsLabel
    .default("clearml-agent")
    .describe("Namespace of the agent and of its tasks, who may read every Secret there: of its own."),
  queue: z
    .string()
    .min(3)
    // The agent makes a label of it: cut at 63, it may end in what no label ends in. (glue/k8s.py 2.0.7, _safe_k8s_label_value)
    .max(
      63,
      "must be at most 63 characters, as a label of its task pods: name a shorter one, and move what waits in the old",
    )
    .regex(
      /^[A-Za-z][A-Za-z0-9 ._()-]*[A-Za-z0-9)]$/,
      "must be letters, digits, blanks and . _ ( ) -, a letter first, as in `GPU (large)`",
    )
    // The chart writes it into YAML without quotes, where these are no texts. (agentk8sglue-deployment.yaml of 5.3.3)
    .regex(/^(?!(true|false|yes|null|off)$)/i, "must not be a word of YAML such as true or off")
    .default("default")
    .describe("The queue it takes tasks from, made where it is missing."),
  maxPods: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe("Tasks that run at once at most. Default: as many as are queued."),
  image: image.prefault({}).describe("The agent's image, built from images/clearml-agent."),
  ...placement,
  resources: resources.prefault({}).describe("Requests and limits of the agent itself, which needs little."),
  tasks: tasks.prefault({}).describe("The pods in which tasks run."),
  conf: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Further keys of the agent's and the tasks' clearml.conf, laid over ours. ASCII only; not for secrets.")
    .meta({ ...LINES_META, examples: [{ agent: { git_user: "robot" } }] }),
  values: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Escape hatch: chart values laid over ours, last. Not for secrets.")
    .meta(LINES_META),
});

export type AgentConfig = z.output<typeof agentConfig>;
