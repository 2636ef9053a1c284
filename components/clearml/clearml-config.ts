import * as z from "zod";
import { stepsTaken } from "../charts/steps-taken.ts";
import { address, isHttpUrl } from "../schema/hosts.ts";
import { imagePath, imageTag, registryPlace } from "../images/reference.ts";
import { environmentName, objectName, resources } from "../schema/pods.ts";
import { bytes, dnsLabel, LINES_META, release, secretText } from "../schema/values.ts";
import { BLANK_ENDS, IN_CLEARML, UNSEEN } from "../schema/unfit-secrets.ts";
import { agentConfig } from "./agent/agent-config.ts";
import { CLEARML_JUMPS } from "./jumps.ts";
import { CLEARML_VERSIONS } from "./versions.ts";

const user = z.strictObject({
  username: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]*$/, "must be letters, digits and . _ @ -, a letter or digit first")
    .describe(
      "What the person types to sign in. Renaming makes another user: the old one can no longer sign in, and its settings are deleted.",
    )
    .meta({ examples: ["anna"] }),
  name: z
    .string()
    .min(1)
    .max(128)
    .describe("What the interface shows.")
    .meta({ examples: ["Anna Example"] }),
  password: secretText({ min: 8, max: 72, unfit: [UNSEEN, BLANK_ENDS, IN_CLEARML] })
    .optional()
    .describe(
      "8 to 72 printable ASCII characters. Default: one made once and kept in the stack (`outputs --show-secrets`).",
    ),
});

const environment = z.record(environmentName, z.string()).meta(LINES_META);

const rotation = z.int().min(0).default(0);

export const clearmlSettings = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether the ClearML server is installed."),
  namespace: dnsLabel
    .default("clearml")
    .describe("Namespace of the server. It outlives the program, with its volumes."),
  version: release
    .default(CLEARML_VERSIONS.sets[0].version)
    .describe(
      "Set of versions known to work together, named after the server's chart (components/clearml/versions.ts).",
    )
    .meta({ examples: CLEARML_VERSIONS.sets.map(({ version }) => version) }),
  chartVersion: release.optional().describe("Another chart than the set's. Default: the set's."),
  image: z
    .strictObject({
      registry: registryPlace.optional().describe("Registry of the server's image. Default: docker.io."),
      repository: imagePath.default("allegroai/clearml").describe("The server's image, without its registry."),
      tag: imageTag
        .optional()
        .describe("Its tag. Default: the set's. From 2.1 servers are published as clearml/server."),
    })
    .prefault({})
    .describe("The server's image, which API, web and file server share."),
  allowUnknownVersions: z
    .boolean()
    .default(false)
    .describe("Installs chart and image together though nobody is known to have tried them. The summary says so."),
  stepsTaken: stepsTaken(CLEARML_JUMPS),
  addresses: z
    .strictObject({
      web: address.optional().describe("Address of the web interface."),
      api: address.optional().describe("Address of the API, for the SDK and agents."),
      files: address
        .optional()
        .describe("Address of the file server, which is part of the address of each file it keeps."),
    })
    .prefault({})
    .describe(
      "Addresses MetalLB gives to the three Services, each its own. Default: any free one; files then cannot be seen in the browser.",
    ),
  port: z.int().min(1).max(65535).default(80).describe("Port of all three Services."),
  endpoint: z
    .string()
    .refine(isHttpUrl, "must be an address such as http://192.0.2.41")
    .optional()
    .describe("Where the machine that runs this program reaches the API. Default: the API's address.")
    .meta({ examples: ["http://192.0.2.41"] }),
  storage: z
    .strictObject({
      class: objectName
        .optional()
        .describe("StorageClass of the claims. Default: vision-platform:cluster.storageClass."),
      files: bytes.default("50Gi").describe("Debug samples, plots and models sent to the file server."),
      mongodb: bytes.default("10Gi").describe("Experiments and users."),
      redis: bytes.default("5Gi").describe("Queues."),
      elasticsearch: bytes.default("10Gi").describe("Metrics and logs."),
    })
    .prefault({})
    .describe("Volumes. They outlive the program; a size can grow, not shrink."),
  elasticsearch: z
    .strictObject({
      heap: z
        .string()
        .regex(/^[1-9][0-9]{0,5}[mg]$/, "must be a size as Java writes it, such as 2g or 1536m")
        .default("2g")
        .describe("Java heap, 1g at least. The container gets twice as much memory."),
      sysctlInit: z
        .boolean()
        .default(true)
        .describe("Raises vm.max_map_count by a privileged init container. Off: set 262144 on the node yourself."),
    })
    .prefault({})
    .describe("Elasticsearch, which keeps metrics and logs."),
  resources: z
    .strictObject({
      apiserver: resources
        .optional()
        .describe("The API server, and the worker that deletes files. Default: the chart's."),
      fileserver: resources.optional().describe("The file server. Default: the chart's."),
      webserver: resources.optional().describe("The web server. Default: the chart's."),
      mongodb: resources.optional().describe("MongoDB. Default: none, as in the chart."),
      redis: resources.optional().describe("Redis. Default: none, as in the chart."),
      elasticsearch: resources.optional().describe("Elasticsearch. Default: memory from its heap."),
    })
    .prefault({})
    .describe("Requests and limits of the containers."),
  users: z
    .array(user)
    .min(1, "must name one user at least: without any, everyone who reaches the address is let in")
    .default([{ username: "admin", name: "Administrator" }])
    .describe(
      "Who may sign in. Nobody else can: the next `up` ends password, API keys and tokens of who is taken off this list or gets another password, and all others sign in again. All have the same rights.",
    ),
  keyRotations: z
    .strictObject({
      agent: rotation.describe("Of the agent's pair of keys, which every queued task sees in its environment."),
      servers: rotation.describe("Of the pairs by which the servers know each other."),
      signing: rotation.describe("Of the secret that signs tokens: everybody signs in again."),
    })
    .prefault({})
    .describe(
      "Counted up, the next `up` makes other ones and restarts who reads them. Tokens of before open nothing from then on, whichever it is.",
    )
    .meta({ examples: [{ agent: 1 }] }),
  filesThroughWeb: z
    .boolean()
    .default(true)
    .describe(
      "The browser fetches files through the web server, which has its sign-in, so that debug samples are shown. Needs addresses.files.",
    ),
  disableIpv6: z
    .boolean()
    .default(false)
    .describe("For nodes without IPv6, where the web server does not start otherwise."),
  environment: z
    .strictObject({
      apiserver: environment.default({}).describe("Of the API server."),
      fileserver: environment.default({}).describe("Of the file server."),
      webserver: environment.default({}).describe("Of the web server."),
    })
    .prefault({})
    .describe(
      "Further environment variables, by name. Not for secrets. CLEARML__A__B sets the server's own a.b: to what the value says as JSON (a number, true, a list), or else to it as text.",
    ),
  agent: agentConfig.prefault({}).describe("The agent that runs queued tasks as pods on the GPU nodes."),
  values: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Escape hatch: chart values laid over ours, last. Not for secrets.")
    .meta(LINES_META),
});

/** What a stack says of ClearML. */
export type ClearmlConfig = z.output<typeof clearmlSettings>;
