import * as z from "zod";
import { clickhouseExternal } from "./external/external-config.ts";
import { adoptedFunctionsKey } from "../nuclio/function-config.ts";
import { host } from "../schema/hosts.ts";
import { registryPlace } from "../images/reference.ts";
import { registryUser } from "../images/registry-user.ts";
import { objectName, resources } from "../schema/pods.ts";
import { bytes, dnsLabel, secretText } from "../schema/values.ts";

/** A claim of a size, on the cluster's StorageClass or another. */
export function claim(size: string) {
  return z.strictObject({
    size: bytes.default(size).describe("Size of the claim. It can grow later, never shrink."),
    storageClass: objectName.optional().describe("StorageClass. Default: the cluster's (`cluster.storageClass`)."),
  });
}

/** How many pods of a kind, and what each may use. */
export function pods(what: string) {
  return z.strictObject({
    replicas: z.int().min(1).max(32).default(1).describe(`Number of pods of ${what}.`),
    resources: resources.optional().describe(`Requests and limits of each pod of ${what}. Default: none.`),
  });
}

/** CVAT's workers and what each does. */
export const WORKERS = {
  annotation: "automatic annotation",
  chunks: "image chunks",
  consensus: "merging of annotations",
  export: "exports and backups",
  import: "imports and new tasks",
  qualityreports: "quality reports",
  utils: "notifications and cleaning",
  webhooks: "webhooks",
} as const;
export type WorkerName = keyof typeof WORKERS;

/** The workers that mount the data claim, as the server does. (cvat.md section 1.3) */
export const WORKERS_WITH_DATA: readonly WorkerName[] = ["annotation", "chunks", "export", "import", "utils"];

const worker = (name: WorkerName) =>
  pods(`the worker of ${WORKERS[name]}`).prefault({}).describe(`Worker of ${WORKERS[name]}.`);

export const workersConfig = z
  .strictObject({
    annotation: worker("annotation"),
    chunks: worker("chunks"),
    consensus: worker("consensus"),
    export: worker("export"),
    import: worker("import"),
    qualityreports: worker("qualityreports"),
    utils: worker("utils"),
    webhooks: worker("webhooks"),
  })
  .prefault({})
  .describe("CVAT's workers.");

const sized = (size: string, what: string) =>
  claim(size).extend({ resources: resources.optional().describe(`Requests and limits of ${what}.`) });

const clickhouse = sized("10Gi", "ClickHouse").extend({ external: clickhouseExternal.optional() });
const grafana = sized("5Gi", "Grafana").extend({
  role: z
    .enum(["Viewer", "Editor", "Admin"])
    .default("Viewer")
    .describe("What those who may see analytics may do in Grafana."),
});
const vector = z.strictObject({ resources: resources.optional().describe("Requests and limits of Vector.") });

export const analyticsConfig = z
  .strictObject({
    enabled: z.boolean().default(true).describe("ClickHouse, Vector and Grafana together: they are of no use alone."),
    clickhouse: clickhouse.prefault({}).describe("Store of events."),
    grafana: grafana.prefault({}).describe("Dashboards under /analytics, for the signed-in only."),
    vector: vector.prefault({}).describe("Carrier of events."),
  })
  .prefault({})
  .describe("Who did what in CVAT, for how long.");

const registry = z.strictObject({
  url: registryPlace
    .describe("Where images of functions are pushed and pulled, without http://.")
    .meta({ examples: ["registry.example:5000"] }),
  insecure: z
    .boolean()
    .default(false)
    .describe("Whether the registry speaks http, or https with a certificate of its own."),
  existingSecret: objectName
    .optional()
    .describe(
      "Secret of type kubernetes.io/dockerconfigjson in CVAT's namespace. Instead of a user name and password.",
    ),
  username: registryUser.optional().describe("User name at the registry."),
  password: secretText().optional().describe("Password at the registry."),
});

export const nuclioConfig = z
  .strictObject({
    ...adoptedFunctionsKey,
    enabled: z
      .boolean()
      .default(true)
      .describe("Install Nuclio beside CVAT, for automatic annotation. Its dashboard is never exposed."),
    containerBuilderKind: z
      .enum(["kaniko", "buildah", "docker"])
      .default("kaniko")
      .describe(
        "How the dashboard builds functions. K3s has no Docker, so kaniko, which nobody maintains any more, or buildah, from Nuclio 1.17.4 on.",
      ),
    registry: registry
      .optional()
      .describe("Registry of functions' images. Without one, functions cannot be built in the cluster."),
    external: z
      .strictObject({
        host: host.describe("Host name of the other Nuclio's dashboard."),
        port: z.int().min(1).max(65535).default(8070).describe("Its port."),
        namespace: dnsLabel.describe("Namespace of its functions."),
      })
      .optional()
      .describe("Use a Nuclio that is already there, instead of installing one."),
  })
  .prefault({})
  .describe("Nuclio, which runs models for automatic annotation.");
