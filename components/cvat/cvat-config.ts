import * as z from "zod";
import { stepsTaken } from "../charts/steps-taken.ts";
import { edgeConfig } from "../edge/edge-config.ts";
import { addressAndPort, ingressHost, isHost } from "../schema/hosts.ts";
import { nodeName, objectName, resources } from "../schema/pods.ts";
import { bytes, dnsLabel, LINES_META, passwordFor, release, timeSpan } from "../schema/values.ts";
import { IN_A_URL, IN_GRAFANAS_SETTINGS, IN_TOML_AND_XML } from "../schema/unfit-secrets.ts";
import { postgresqlExternal, queuesExternal } from "./external/external-config.ts";
import { tlsConfig } from "./certificate/tls-config.ts";
import { kvrocksConfig } from "./kvrocks/kvrocks-config.ts";
import { analyticsConfig, claim, nuclioConfig, pods, workersConfig } from "./settings.ts";
import { recordsConfig } from "./records-config.ts";
import { usersConfig } from "./users/users-config.ts";
import { CVAT_JUMPS } from "./jumps.ts";
import { CVAT_VERSIONS } from "./versions.ts";

const image = z
  .string()
  .optional()
  .meta({ examples: ["registry.example/cvat/server:v2.64.0"] });

/** What Django compares a request's host with. (docs.djangoproject.com, ALLOWED_HOSTS) */
const allowedHost = z
  .string()
  .refine(
    (text) => text === "*" || isHost(text.replace(/^\./, "").replace(/^\[(.*)\]$/, "$1")),
    "must be a host name or an address without a port, a name with a dot in front for all below it, or *",
  );

export const cvatSettings = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether CVAT is installed."),
  namespace: dnsLabel.default("cvat").describe("Namespace of CVAT. One CVAT fits into a namespace."),
  version: release
    .default(CVAT_VERSIONS.sets[0].version)
    .describe(
      "Release of CVAT. Images and chart follow from it; the known-good sets are in components/cvat/versions.ts.",
    ),
  chart: release.optional().describe("Version of the CVAT chart. Default: the one that belongs to `version`."),
  images: z
    .strictObject({
      server: image.describe("Image of server and workers, from another registry for example, with its tag."),
      ui: image.describe("Image of the web pages."),
      opa: image.describe("Image of the policy agent."),
      kvrocks: image.describe("Image of the chunk cache."),
    })
    .prefault({})
    .describe("Images other than the chart's own. Each has the release that `version` goes with."),
  allowUnknownVersions: z
    .boolean()
    .default(false)
    .describe("Allow versions and images that are no known-good set, on your own responsibility."),
  stepsTaken: stepsTaken(CVAT_JUMPS),
  imagePullPolicy: z
    .enum(["Always", "IfNotPresent"])
    .default("IfNotPresent")
    .describe("When a node asks the registry for CVAT's images."),
  data: claim("50Gi")
    .extend({
      accessMode: z
        .enum(["ReadWriteMany", "ReadWriteOnce"])
        .default("ReadWriteMany")
        .describe("ReadWriteOnce needs `node`: server and workers all mount this claim."),
      node: nodeName
        .optional()
        .describe("Name of the node that the server and all workers are kept on. Default: any node."),
    })
    .prefault({})
    .describe("Claim of everything people upload and of the server's keys."),
  server: pods("the server")
    .extend({
      allowedHosts: z
        .array(allowedHost)
        .min(1)
        .default(["*"])
        .describe("Host names the server answers to. The names it is called by inside the cluster are added."),
    })
    .prefault({})
    .describe("CVAT's server."),
  frontend: pods("the web pages").prefault({}).describe("CVAT's web pages."),
  workers: workersConfig,
  env: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, "must be a name such as CVAT_EXPORT_CACHE_TTL"), z.string())
    .default({})
    .describe("More environment variables of the server and all workers. Not for secrets.")
    .meta({ ...LINES_META, examples: [{ CVAT_EXPORT_CACHE_TTL: "86400" }] }),
  postgresql: claim("10Gi")
    .extend({
      resources: resources.optional().describe("Requests and limits."),
      external: postgresqlExternal.optional(),
    })
    .prefault({})
    .describe("Database of users, projects and annotations."),
  redis: claim("8Gi")
    .extend({
      resources: resources
        .prefault({
          requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "50Mi" },
          limits: { memory: "1Gi", "ephemeral-storage": "2Gi" },
        })
        .describe("Requests and limits. The chart's own limit of 192Mi is too small for the queues of all workers."),
      external: queuesExternal.optional(),
    })
    .prefault({})
    .describe("Queues of the workers."),
  kvrocks: kvrocksConfig,
  analytics: analyticsConfig,
  ingress: z
    .strictObject({
      host: z.literal("").or(ingressHost).default("").describe("Host name of CVAT. Empty: any name and any address."),
      className: objectName
        .optional()
        .describe(
          "IngressClass of the chart's Ingresses, or with `sso` of those for ingress-nginx. Default: the cluster's (`cluster.ingressClass`).",
        ),
      ...edgeConfig,
      tls: tlsConfig.optional().describe("Serve by https with this certificate. Default: http."),
      bodySize: bytes
        .optional()
        .describe(
          "Largest request Traefik takes. Setting it makes Traefik hold each upload back until it is whole. Default: no limit.",
        ),
      responseTimeout: timeSpan
        .optional()
        .describe(
          "How long Traefik waits for the server's answer to begin. Default: for ever. (How long an upload may take is Traefik's own setting: 60 s unless somebody changed it, docs/sign-in.md.)",
        ),
    })
    .prefault({})
    .describe("How CVAT is reached through Traefik."),
  smokescreen: z
    .strictObject({
      allowAddresses: z
        .array(addressAndPort)
        .default([])
        .describe("Addresses inside the lab that CVAT may fetch from, besides the object store's.")
        .meta({ examples: [["192.0.2.30:9000"]] }),
      allowRanges: z
        .array(z.cidrv4("must be a range such as 192.0.2.0/24"))
        .default([])
        .describe(
          "Whole ranges CVAT may fetch from. The Service range holds the Kubernetes API and every database: prefer addresses.",
        ),
    })
    .prefault({})
    .describe("What CVAT's proxy against forged requests lets through. It refuses private addresses."),
  nuclio: nuclioConfig,
  ...usersConfig,
  ...recordsConfig,
  secrets: z
    .strictObject({
      postgresql: passwordFor().optional().describe("Password of CVAT's database user."),
      redis: passwordFor(IN_A_URL).optional().describe("Password of Redis."),
      kvrocks: passwordFor(IN_A_URL).optional().describe("Password of Kvrocks."),
      clickhouse: passwordFor(IN_TOML_AND_XML).optional().describe("Password of ClickHouse."),
      grafana: passwordFor(IN_GRAFANAS_SETTINGS).optional().describe("Password of Grafana's user admin."),
    })
    .prefault({})
    .describe("Passwords to keep from an older installation. What is not given is made once and kept in the stack."),
  values: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Escape hatch: chart values merged over ours, last. Nothing here is checked. Not for secrets.")
    .meta(LINES_META),
});

/** What a stack says of CVAT. */
export type CvatConfig = z.output<typeof cvatSettings>;
