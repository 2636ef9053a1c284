import * as z from "zod";
import { imageReference } from "../images/reference.ts";
import { deviceName, environmentName, nodeSelector, objectName, resources, toleration } from "../schema/pods.ts";
import { bytes, dnsLabel, LINES_META, spanWhere, timeSpan } from "../schema/values.ts";
import { bucketName } from "../storage/bucket-config.ts";
import { buildConfig } from "./build-config.ts";
import { labelList } from "./label-config.ts";
import { ANSWERED_WITHIN_MS } from "./names.ts";
import { runtimeProblem } from "./runtimes.ts";

/** What CVAT does with a function. (cvat: lambda_manager/models.py, FunctionKind) */
export const KINDS = ["detector", "interactor", "tracker", "reid"] as const;

const gpu = z.strictObject({
  count: z.int().min(1).max(16).default(1).describe("GPUs of each pod."),
  resource: deviceName
    .default("nvidia.com/gpu")
    .describe(
      "What the node calls its GPUs: `nvidia.com/gpu.shared` where the device plugin shares them under that name.",
    ),
});

const interactor = z.strictObject({
  minPosPoints: z.int().min(0).default(1).describe("Points on the object a person sets at least."),
  minNegPoints: z.int().min(-1).default(0).describe("Points beside it at least; -1: the model takes none."),
  startsWithBox: z.boolean().default(false).describe("Whether a person draws a box first."),
  startsWithBoxOptional: z.boolean().default(false).describe("Whether that box may be left out."),
  helpMessage: z.string().default("").describe("What CVAT tells a person who uses it.").meta(LINES_META),
  animatedGif: z.string().default("").describe("URL of a picture that shows how."),
});

const tracker = z.strictObject({
  shapeTypes: z
    .array(z.enum(["rectangle", "polygon", "polyline", "points", "ellipse", "mask"]))
    .min(1)
    .default(["rectangle"])
    .describe("Shapes it can follow."),
});

const model = z.strictObject({
  bucket: bucketName.default("models").describe("Bucket of the model."),
  key: z
    .string()
    .min(1)
    .max(1024)
    .describe("Key of the model in the bucket.")
    .meta({ examples: ["yolo11x.onnx"] }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 hex digits")
    .optional()
    .describe("Digest of the model; another file is refused."),
});

const EVENT_TOO_LONG =
  "must be at most 60s: the web server in front of Nuclio's dashboard, through which CVAT calls functions, gives up then, and the worker would go on for nobody";

const timeouts = z.strictObject({
  ready: timeSpan
    .default("30m")
    .describe("How long it may take from deployment to the first answer: image pull and loading of the model."),
  event: timeSpan
    .refine(
      spanWhere((span) => span <= ANSWERED_WITHIN_MS),
      EVENT_TOO_LONG,
    )
    .default("60s")
    .meta({ examples: ["30s"] })
    .describe(
      "How long one picture may take, at most 60s: nobody gets an answer that takes longer. Afterwards Nuclio starts the worker anew, which loads the model again.",
    ),
  worker: timeSpan.default("30s").describe("How long a picture waits for a free worker before it is refused."),
});

export const functionSettings = z.strictObject({
  kind: z.enum(KINDS).describe("What CVAT does with it."),
  displayName: z.string().min(1).optional().describe("Name in CVAT's list of models. Default: the function's."),
  description: z
    .string()
    .min(1)
    .describe("What CVAT says about it. CVAT's whole list breaks without one.")
    .meta(LINES_META),
  framework: z.string().min(1).optional().describe("Framework of the model, for people."),
  labels: labelList.default([]).describe("What a detector finds, in the order of the model's classes."),
  labelsFile: z
    .string()
    .min(1)
    .optional()
    .describe("JSON file with the labels, instead of `labels`, each as there; relative to this program's folder.")
    .meta({ examples: ["functions/yolo11x/labels.json"] }),
  image: imageReference.optional().describe("Image to run. This or `build`."),
  build: buildConfig.optional(),
  handler: z
    .string()
    .regex(/^\S+$/, "must be a name without blanks, such as main:handler")
    .default("main:handler")
    .describe("Module and function inside the image."),
  runtime: z
    .string()
    .superRefine((text, context) => {
      const message = runtimeProblem(text);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .default("python:3.11")
    .describe("Runtime of Nuclio; the Python version is that of the image."),
  gpu: gpu.optional().describe("GPUs of each pod. Left out: it runs on the CPU."),
  runtimeClass: dnsLabel
    .optional()
    .describe("RuntimeClass of its pods. Default: nvidia with `gpu`, none without. K3s gives a pod the GPU by it."),
  resources: resources.optional().describe("Requests and limits besides the GPU."),
  nodeSelector: nodeSelector.default({}).describe("Labels of the nodes it may run on."),
  tolerations: z.array(toleration).default([]).describe("Taints of nodes it may run on nevertheless."),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("Processes in each pod, each with a copy of the model of its own: 1 for each GPU."),
  replicas: z.int().min(1).max(32).default(1).describe("Pods."),
  timeouts: timeouts.prefault({}).describe("Bounds in time."),
  maxRequestBodySize: bytes
    .default("48Mi")
    .describe(
      "Largest request. A picture grows by a third on its way (base64), so 48Mi holds one of 32 MiB, the most that yolo11x takes; Nuclio's own 4Mi is too small.",
    ),
  pullPolicy: z
    .enum(["Always", "IfNotPresent", "Never"])
    .default("IfNotPresent")
    .describe("When the node asks the registry for the image."),
  registrySecret: objectName
    .optional()
    .describe("Secret in CVAT's namespace with the credentials of the image's registry."),
  env: z
    .record(environmentName, z.string())
    .default({})
    .describe("Environment variables. Not for secrets.")
    .meta(LINES_META),
  model: model
    .optional()
    .describe("Model in the object store, which the function loads with a key that may read nothing else."),
  interactor: interactor.optional().describe("How a person works with an interactor."),
  tracker: tracker.optional().describe("What a tracker follows."),
});

/** One function as a stack says it. */
export type FunctionConfig = z.output<typeof functionSettings>;

export type FunctionsConfig = Record<string, FunctionConfig>;

/** Keys for `vision-platform:cvat.nuclio`, about functions this program does not deploy. */
export const adoptedFunctionsKey = {
  adoptedFunctions: z
    .record(
      dnsLabel,
      z.strictObject({ runtimeClass: dnsLabel.default("nvidia").describe("RuntimeClass of its pods.") }),
    )
    .default({})
    .describe("Functions that others deployed (nuctl, the dashboard) and that lack their RuntimeClass: it is put on.")
    .meta({ examples: [{ "old-detector": { runtimeClass: "nvidia" } }] }),
};
