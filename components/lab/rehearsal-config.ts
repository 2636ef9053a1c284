import semver from "semver";
import * as z from "zod";
import { deviceName, nodeLabels, objectName, quantity, taint } from "../schema/pods.ts";

const node = z.strictObject({
  architecture: z.enum(["amd64", "arm64"]).default("amd64").describe("Its processor, as Kubernetes calls it."),
  cpu: quantity
    .default("64")
    .describe("Processors it gives to pods.")
    .meta({ examples: ["16"] }),
  memory: quantity
    .default("256Gi")
    .describe("Memory it gives to pods.")
    .meta({ examples: ["64Gi"] }),
  devices: z
    .record(deviceName, z.int().min(0).max(1024))
    .default({})
    .describe("Devices it gives to pods, such as GPUs, by the name of their plugin.")
    .meta({ examples: [{ "nvidia.com/gpu": 2 }] }),
  labels: nodeLabels
    .default({})
    .describe("Labels besides those every node has: its host name, its processor, its system.")
    .meta({ examples: [{ "nvidia.com/gpu.present": "true" }] }),
  taints: z.array(taint).default([]).describe("Taints that keep pods away."),
});

const storageClass = z.strictObject({
  readWriteMany: z.boolean().default(false).describe("Whether pods of several nodes may share a volume."),
  growing: z.boolean().default(false).describe("Whether a claim may grow."),
});

/** Schema of `vision-platform:rehearsal`. */
export const rehearsalConfig = z.strictObject({
  kubernetes: z
    .string()
    .refine((text) => semver.valid(text) !== null, "must be a whole version such as 1.36.3 or v1.36.3+k3s1")
    .optional()
    .describe(
      "Version of your cluster, as `kubectl version` shows it: `config check` refuses versions whose chart would not take it.",
    )
    .meta({ examples: ["1.36.3"] }),
  nodes: z
    .record(objectName.max(63), node)
    .refine((nodes) => Object.keys(nodes).length > 0, "must name a node, or be left out")
    .optional()
    .describe(
      "All nodes of your cluster, by name. Default: those that the stack file names, each with the labels it asks for and as many devices as the largest single pod on it wants.",
    ),
  storageClasses: z
    .record(objectName, storageClass)
    .default({})
    .describe("StorageClasses of your cluster that a rehearsal does not know by name, and what each can."),
});

export type RehearsalNode = z.output<typeof node>;
