import * as z from "zod";
import { objectName } from "../schema/pods.ts";
import { timeSpan } from "../schema/values.ts";

export const clusterConfig = z.strictObject({
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Path of the kubeconfig; `~` is your home folder. Default: KUBECONFIG, then ~/.kube/config, as kubectl does.",
    )
    .meta({ examples: ["~/.kube/homelab.yaml"] }),
  context: z.string().min(1).optional().describe("Context in the kubeconfig. Default: its current one."),
  storageClass: objectName.default("longhorn").describe("StorageClass of every claim that names none."),
  ingressClass: objectName.default("traefik").describe("IngressClass of every Ingress."),
  readyTimeout: timeSpan
    .default("15m")
    .describe("How long one system may take to become ready. A first start pulls some 8 GB of images."),
});

export type ClusterConfig = z.output<typeof clusterConfig>;
