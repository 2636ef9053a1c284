import * as z from "zod";
import { billionths, LARGEST } from "./quantity.ts";
import { isYamlText } from "./values.ts";
import type { Found } from "./section-rules.ts";

/** What the API server takes in a pod. (k8s.io/kubernetes, pkg/apis/core/validation; k8s.io/apimachinery, pkg/util/validation) */

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** A name of an object, where dots are allowed: of a StorageClass, a Secret, a node. */
export const objectName = z
  .string()
  .max(253)
  .regex(SUBDOMAIN, "must be lower-case letters, digits, '-' and '.', as Kubernetes names are")
  .refine(isYamlText, "must not be a number or a word of YAML such as true or off");

/** A node that pods are kept on by its label. */
export const nodeName = objectName.max(
  63,
  "must be at most 63 characters: pods are kept there by its label kubernetes.io/hostname, which has no more",
);

/** Whether a text is a name with or without a domain in front: `gpu`, `nvidia.com/gpu`. */
function isQualifiedName(text: string): boolean {
  const [name = "", domain, ...rest] = text.split("/").reverse();
  return (
    NAME.test(name) && rest.length === 0 && (domain === undefined || (domain.length <= 253 && SUBDOMAIN.test(domain)))
  );
}

const qualifiedName = z
  .string()
  .refine(isQualifiedName, "must be a name such as disk or example.com/disk, of letters, digits and . _ -");

const labelValue = z
  .string()
  .max(63)
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$/,
    "must be letters, digits and . _ -, a letter or digit first and last, as labels are",
  );

/** Labels of a node. */
export const nodeLabels = z.record(qualifiedName, labelValue);

/** Labels that a node must have. */
export const nodeSelector = nodeLabels;

/** A taint of a node, as Kubernetes has it. */
export const taint = z.strictObject({
  key: qualifiedName.describe("Key of the taint."),
  value: labelValue.optional().describe("Its value. Default: none."),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).describe("What it does to pods."),
});

/** Name of an environment variable. */
export const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a name of an environment variable, such as THRESHOLD");

/** A taint of nodes that pods are put up with, as Kubernetes has it. */
export const toleration = z
  .strictObject({
    key: qualifiedName.optional().describe("Key of the taint. Left out, with `operator: Exists`: every taint."),
    operator: z.enum(["Equal", "Exists"]).default("Equal").describe("How `value` is compared."),
    value: labelValue.optional().describe("Value of the taint."),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .optional()
      .describe("Effect of the taint. Default: any."),
  })
  .refine(({ key, operator }) => key !== undefined || operator === "Exists", {
    path: ["key"],
    message: "is missing; only with `operator: Exists` every taint is meant",
  })
  .refine(({ operator, value }) => operator !== "Exists" || !value, {
    path: ["value"],
    message: "is set with `operator: Exists`, which looks at no value; remove one of the two",
  });

/** An amount of something, as Kubernetes writes it: `500m`, `1Gi`. */
export const quantity = z.string().refine((text) => {
  const amount = billionths(text);
  return amount !== undefined && amount <= LARGEST;
}, "must be an amount such as 500m, 2 or 1Gi");

/** What may be asked for besides what has a domain in front. */
const PLAIN_RESOURCES = /^(cpu|memory|ephemeral-storage|hugepages-[1-9][0-9]*[KMG]i)$/;

const resourceName = z
  .string()
  .refine(
    (name) => isQualifiedName(name) && (name.includes("/") || PLAIN_RESOURCES.test(name)),
    "must be cpu, memory, ephemeral-storage, or a name with its domain such as nvidia.com/gpu",
  );

/** A device of nodes, such as a GPU, by the name its plugin gives it. */
export const deviceName = z
  .string()
  .refine(
    (name) => name.includes("/") && isQualifiedName(name),
    "must be a name with its domain, such as nvidia.com/gpu",
  );

const amounts = z.record(resourceName, quantity);

/** Requests and limits of one container. */
export interface Resources {
  requests?: Readonly<Record<string, string>> | undefined;
  limits?: Readonly<Record<string, string>> | undefined;
}

/** What holds of requests and limits together; `path` of each is below the two. What is no amount is passed over. */
export function resourceProblems({ requests = {}, limits = {} }: Resources): Found[] {
  const names = [...new Set([...Object.keys(requests), ...Object.keys(limits)])];
  return names.flatMap((name): Found[] => {
    const [asked, most] = [requests[name], limits[name]];
    const [request, limit] = [billionths(asked ?? ""), billionths(most ?? "")];
    // Devices and huge pages are whole and never shared out twice.
    const isWhole = name.includes("/") || name.startsWith("hugepages-");
    const uneven = isWhole
      ? (
          [
            ["requests", request],
            ["limits", limit],
          ] as const
        ).find(([, amount]) => amount !== undefined && amount % 10n ** 9n !== 0n)
      : undefined;
    if (uneven) return [{ path: [uneven[0], name], message: "must be a whole number" }];
    const size = name.startsWith("hugepages-") ? billionths(name.slice("hugepages-".length)) : undefined;
    if (size !== undefined && limit !== undefined && limit % size !== 0n)
      return [
        {
          path: ["limits", name],
          message: `must be a multiple of the pages' size, such as ${name.slice("hugepages-".length)}`,
        },
      ];
    if (size !== undefined && !names.some((other) => other === "cpu" || other === "memory"))
      return [{ path: [most === undefined ? "requests" : "limits", name], message: "needs cpu or memory beside it" }];
    if (isWhole && asked !== undefined && request !== limit)
      return [{ path: ["requests", name], message: `must be the same as the limit of ${name}; set the limit alone` }];
    if (request !== undefined && limit !== undefined && request > limit)
      return [
        { path: ["requests", name], message: `is more than the limit of ${most ?? ""}; raise that, or ask for less` },
      ];
    return [];
  });
}

/** What Helm makes of a chart's own requests and limits and the stack's: it puts these over those, amount by amount. */
export function overChart(own: Resources, given: Resources = {}): Resources {
  return { requests: { ...own.requests, ...given.requests }, limits: { ...own.limits, ...given.limits } };
}

/**
 * What is uneven only with what the chart has where the stack says nothing: the API server would refuse the pod.
 * @param effective what the container gets
 */
export function unevenWithChart(given: Resources | undefined, effective: Resources): Found[] {
  if (given === undefined || resourceProblems(given).length > 0) return [];
  return resourceProblems(effective).map(({ path, message }) => ({
    path,
    message: `${message} (what is not set here is the chart's own)`,
  }));
}

/** Requests and limits of one container, as Kubernetes has them. */
export const resources = z
  .strictObject({
    requests: amounts.optional().describe("What the scheduler sets aside, for example { cpu: 500m, memory: 1Gi }."),
    limits: amounts.optional().describe("What the container may use at most."),
  })
  .superRefine((given, context) => {
    for (const { path, message } of resourceProblems(given))
      context.addIssue({ code: "custom", path: [...path], message });
  });
