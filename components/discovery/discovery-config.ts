import * as z from "zod";
import { keptTokenConfig } from "../cvat/tokens/token-config.ts";
import { objectName } from "../schema/pods.ts";
import { dnsLabel } from "../schema/values.ts";

const serviceName = z
  .string()
  .max(63)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "must be lower-case letters, digits and '-': it is the value of a label, and what others name it by",
  );

const line = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, "must be one line");

const nameOf = (what: string, usual: string) =>
  serviceName.default(usual).describe(`What the platform calls ${what}. Named only where this stack uses it.`);

const notebooks = z.strictObject({
  namespace: dnsLabel.describe(
    "Namespace of notebooks, or of another workplace. One that is not there is told and left out; the next `up` that finds it makes what belongs there.",
  ),
  secretName: objectName
    .max(240)
    .default("cvat-access")
    .describe(
      "Secret that is made there, whose keys are environment variables. Beside it one with `-cli` at the end, which has them as a file for a shell.",
    ),
});

/** Schema of `vision-platform:discovery` without the rules across its keys. */
export const discoverySettings = z.strictObject({
  configMapName: objectName
    .default("thinkube-service-config")
    .describe("ConfigMap that the platform reads, in CVAT's namespace."),
  labelDomain: objectName
    .default("thinkube.io")
    .describe("What the labels begin with by which the platform finds it: DOMAIN/managed, DOMAIN/service-name."),
  service: z
    .strictObject({
      name: serviceName.default("cvat").describe("By what others name it as what they depend on."),
      displayName: line.default("CVAT").describe("Name people see."),
      description: line
        .default("Computer Vision Annotation Tool for image and video labeling")
        .describe("What people read beside it."),
      category: z
        .enum([
          "ai",
          "data",
          "devops",
          "development",
          "infrastructure",
          "monitoring",
          "observability",
          "security",
          "storage",
        ])
        .default("ai")
        .describe("Where the platform's pages show it."),
      icon: line.default("/icons/tk_design.svg").describe("Picture beside it, as the platform's pages have it."),
    })
    .prefault({})
    .describe("How CVAT is called on the platform."),
  names: z
    .strictObject({
      postgresql: nameOf("its PostgreSQL (`cvat.postgresql.external`)", "postgresql"),
      queues: nameOf("the store of the queues (`cvat.redis.external`)", "valkey"),
      cache: nameOf("the store of the chunk cache (`cvat.kvrocks.external`)", "valkey"),
      clickhouse: nameOf("its ClickHouse (`cvat.analytics.clickhouse.external`)", "clickhouse"),
      issuer: nameOf("who signs people in (`sso`)", "keycloak"),
      objectStore: nameOf("its object store (`objectStore`)", "minio"),
      nuclio: nameOf("its Nuclio (`cvat.nuclio.external`)", "nuclio"),
      registry: nameOf("its registry of images (`images.registry`)", "harbor"),
    })
    .prefault({})
    .describe("Services of the platform that CVAT depends on."),
  token: keptTokenConfig
    .optional()
    .describe(
      "An access token of CVAT's for programs, which `up` keeps and `destroy` takes back. The ConfigMap and notebooks refer to it. Without it, neither has one.",
    ),
  notebooks: z.array(notebooks).default([]).describe("Where notebooks find how to reach CVAT."),
});

/** What a stack says of what the platform around it learns of CVAT. */
export type DiscoveryConfig = z.output<typeof discoverySettings>;
