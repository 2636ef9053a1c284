import { isIPv4 } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import semver from "semver";
import { mergeValues } from "../charts/merge.ts";
import { onNode } from "../kubernetes/affinity.ts";
import type { ChosenClass } from "../kubernetes/default-classes.ts";
import { vectorStamp } from "./analytics.ts";
import type { CvatConfig } from "./cvat-config.ts";
import { clickhouseSecret } from "./external/clickhouse-pod.ts";
import { postgresqlSecret, tlsVariables, tlsVolume } from "./external/postgresql-pod.ts";
import type { ImageParts } from "./images.ts";
import { ingressAnnotations, publicUrl, serverAnnotations, serverName } from "./ingress.ts";
import { CHART_OBJECTS, DATABASE, SECRETS } from "./names.ts";
import type { CvatPlan } from "./plan.ts";
import { WORKERS, type WorkerName } from "./settings.ts";

/** Since this chart each Ingress takes its own annotations (cvat-ai/cvat#10231). Before, a fix puts them there. */
const OWN_ANNOTATIONS_SINCE = "2.56.0";

export interface CvatValuesInput {
  plan: CvatPlan;
  /** Password of the chart's own ClickHouse: the one secret the chart takes only as a value. Undefined: it has none. */
  clickhousePassword: pulumi.Input<string> | undefined;
  /** Secret with the registry's credentials. */
  registrySecret?: string;
  /** Nuclio's platform configuration. Default: none, so that Nuclio's own defaults count. */
  nuclioPlatform?: Readonly<Record<string, unknown>>;
  /** Options of the proxy against forged requests, from {@link smokescreenOptions}. */
  smokescreen: pulumi.Input<string>;
}

/** Values of the CVAT chart. Keys by cvat.md sections 1.4 and 1.6; the same builder serves charts 0.15.0 to 2.64.0. */
export function cvatValues(input: CvatValuesInput): pulumi.Inputs {
  const { config, images } = input.plan;
  const ours = {
    cvat: {
      backend: backend(input.plan),
      frontend: {
        ...image(images.ui),
        ...config.frontend,
        imagePullPolicy: config.imagePullPolicy,
      },
      ...(images.opa && { opa: image(images.opa) }),
      kvrocks: kvrocks(input.plan),
    },
    ...databases(input.plan),
    ...analytics(input),
    ...nuclio(input),
    smokescreen: { opts: input.smokescreen },
    // K3s brings its own.
    traefik: { enabled: false },
  };
  return mergeValues(mergeValues(ours, ingress(input.plan)), config.values);
}

/** URLs that stand in the stack as stores of others and as receivers of webhooks. */
export function calledUrls({ organizations, cloudStorages = [] }: CvatConfig): string[] {
  return [
    ...cloudStorages.flatMap(({ external }) => external?.endpoint ?? []),
    ...organizations.flatMap(({ webhooks }) => webhooks.map(({ url }) => url)),
  ];
}

/** The addresses that are written out in URLs, each once, as Smokescreen takes them: `192.0.2.60:9000`. */
export function addressesIn(urls: readonly string[]): string[] {
  const addresses = urls
    .map((url) => new URL(url))
    .flatMap(({ hostname, port, protocol }) =>
      isIPv4(hostname) ? `${hostname}:${port || (protocol === "https:" ? "443" : "80")}` : [],
    );
  return [...new Set(addresses)];
}

/** What Smokescreen lets through: `--allow-address=IP:PORT` each, ranges only where a stack asks for them. */
export function smokescreenOptions(addresses: readonly string[], ranges: readonly string[]): string {
  return [
    ...addresses.map((address) => `--allow-address=${address}`),
    ...ranges.map((range) => `--allow-range=${range}`),
  ].join(" ");
}

function backend({ config, images, storageClasses, signIn }: CvatPlan) {
  const { server, workers, data, postgresql } = config;
  const tls = postgresql.external && tlsVolume(postgresql.external);
  return {
    ...image(images.server),
    imagePullPolicy: config.imagePullPolicy,
    additionalEnv: environment(config),
    ...(tls && { additionalVolumes: [tls.volume], additionalVolumeMounts: [tls.mount] }),
    affinity: data.node === undefined ? undefined : onNode(data.node),
    defaultStorage: {
      enabled: true,
      size: data.size,
      accessModes: [data.accessMode],
      storageClassName: storageClasses.data.name,
    },
    server: {
      replicas: server.replicas,
      resources: server.resources,
      // The only key of `envs` that the chart reads; everything else there is dropped without a word.
      envs: { ALLOWED_HOSTS: allowedHosts(config, signIn?.tokenHost) },
    },
    worker: Object.fromEntries((Object.keys(WORKERS) as WorkerName[]).map((name) => [name, { ...workers[name] }])),
    // A route of our own says it itself.
    service: { annotations: signIn === undefined ? serverAnnotations(config) : {} },
  };
}

/** The hosts the server answers to; OPA, Traefik's forward-auth and the kubelet's probes call it by the names of its Service. */
function allowedHosts({ server, namespace }: CvatConfig, tokenHost: string | undefined): string {
  if (server.allowedHosts.includes("*")) return "*";
  const ours = [...(tokenHost === undefined ? [] : [tokenHost]), CHART_OBJECTS.server, serverName(namespace)];
  return [...new Set([...server.allowedHosts, ...ours])].join(",");
}

/** Environment of the server and all workers, in the chart's list form. */
function environment(config: CvatConfig) {
  const { host } = config.ingress;
  const external = config.nuclio.external;
  const variables: Record<string, string> = {
    // For links in messages.
    ...(host === "" ? {} : { CVAT_BASE_URL: publicUrl(config, host) }),
    ...(external && {
      CVAT_SERVERLESS: "1",
      CVAT_NUCLIO_HOST: external.host,
      CVAT_NUCLIO_PORT: String(external.port),
      CVAT_NUCLIO_FUNCTION_NAMESPACE: external.namespace,
    }),
    ...(config.postgresql.external && tlsVariables(config.postgresql.external)),
    ...config.env,
  };
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function databases({ config, storageClasses }: CvatPlan) {
  const { postgresql, redis } = config;
  return {
    postgresql: postgresql.external
      ? ofOthers(postgresql.external, postgresqlSecret(postgresql.external))
      : {
          auth: { existingSecret: SECRETS.postgresql, username: DATABASE.user, database: DATABASE.name },
          ...ownSecret(SECRETS.postgresql),
          primary: { persistence: persistence(postgresql, storageClasses.postgresql), resources: postgresql.resources },
        },
    redis: redis.external
      ? ofOthers(redis.external, redis.external.existingSecret ?? SECRETS.redis)
      : {
          auth: { existingSecret: SECRETS.redis, existingSecretPasswordKey: "password" },
          // It lets everybody in, and policies add up: ours would mean nothing. (inventory/cvat-2.64.0.json)
          networkPolicy: { enabled: false },
          ...ownSecret(SECRETS.redis),
          master: { persistence: persistence(redis, storageClasses.redis), resources: redis.resources },
        },
  };
}

function kvrocks({ config, images, storageClasses }: CvatPlan) {
  const { size, resources, external } = config.kvrocks;
  if (external) return ofOthers(external, external.existingSecret ?? SECRETS.kvrocks);
  return {
    ...(images.kvrocks && image(images.kvrocks)),
    ...ownSecret(SECRETS.kvrocks),
    existingSecret: SECRETS.kvrocks,
    defaultStorage: { size, storageClassName: storageClasses.kvrocks.name },
    resources,
  };
}

/** A server that somebody else runs. Of the port, the chart knows PostgreSQL's alone; the others' come by fixes/external.ts. */
function ofOthers({ host, port }: { host: string; port: number }, secret: string) {
  return { enabled: false, external: { host, port }, ...ownSecret(secret) };
}

function analytics({ plan: { config, versions, storageClasses }, clickhousePassword }: CvatValuesInput) {
  const { enabled, clickhouse, grafana, vector } = config.analytics;
  if (!enabled) return { analytics: { enabled }, clickhouse: withoutClickhouse(config) };
  const { external } = clickhouse;
  return {
    analytics: {
      enabled,
      clickhouseDb: external?.database ?? DATABASE.name,
      clickhouseUser: external?.user ?? DATABASE.user,
      ...(external && { clickhouseHost: external.host, clickhousePort: external.port }),
      // Of another's, nobody reads what stands in the chart's own Secret. (fixes/external.ts)
      clickhousePassword: external ? `in Secret ${clickhouseSecret(external)}` : clickhousePassword,
    },
    clickhouse: external
      ? withoutClickhouse(config)
      : {
          enabled,
          auth: { username: DATABASE.user },
          persistence: persistence(clickhouse, storageClasses.clickhouse),
          resources: clickhouse.resources,
        },
    vector: {
      // The chart's own checksum looks the ConfigMap up in the cluster, so a second `up` would always restart Vector.
      rollWorkload: false,
      podAnnotations: { "vision-platform/configuration": vectorStamp(versions.parts.chart) },
      resources: vector.resources,
    },
    grafana: {
      admin: { existingSecret: SECRETS.grafana, userKey: "admin-user", passwordKey: "admin-password" },
      testFramework: { enabled: false },
      persistence: { enabled: true, size: grafana.size, storageClassName: storageClasses.grafana.name },
      // Two pods cannot hold the claim at once.
      deploymentStrategy: { type: "Recreate" },
      resources: grafana.resources,
      "grafana.ini": {
        server: { root_url: grafanaUrl(config), serve_from_sub_path: true },
        // Whom CVAT lets through is in, and nobody else: with neither form nor Basic there is no session of Grafana's own that could outlive a
        // person's account. (grafana: pkg/services/authn/authnimpl/service.go, ProvideService)
        auth: { disable_login_form: true },
        "auth.basic": { enabled: false },
        "auth.anonymous": { org_role: grafana.role },
      },
    },
  };
}

/**
 * Where both PostgreSQL and Redis are the chart's, it cannot be `enabled: false`: of several `common` charts Helm takes the first one's
 * templates, and without ClickHouse's that is PostgreSQL's old one, on which Redis's chart fails (rendered with Helm 3.21: common 2.2.3 against
 * 2.20.5). No shard, no pod, no claim.
 */
function withoutClickhouse({ postgresql, redis }: CvatConfig) {
  return postgresql.external || redis.external ? { enabled: false } : { enabled: true, shards: 0 };
}

/** Grafana's own address. Without a host name it goes by what it is told; only the path matters then. */
function grafanaUrl(config: CvatConfig): string {
  return `${config.ingress.host === "" ? "%(protocol)s://%(domain)s" : publicUrl(config, config.ingress.host)}/analytics/`;
}

function nuclio({ plan: { config }, registrySecret, nuclioPlatform }: CvatValuesInput) {
  const { enabled, containerBuilderKind, registry } = config.nuclio;
  if (!enabled) return { nuclio: { enabled } };
  return {
    nuclio: {
      enabled,
      dashboard: {
        containerBuilderKind,
        ...(registry?.insecure && { kaniko: { insecurePushRegistry: true, insecurePullRegistry: true } }),
      },
      ...(registry && { registry: { pushPullUrl: registry.url, secretName: registrySecret } }),
      platform: { logger: NUCLIO_LOGGER, ...nuclioPlatform },
    },
  };
}

/**
 * What Nuclio and its functions write into their logs. By itself it is everything: each request with its whole body, so every picture that
 * CVAT sends, and every function with its environment. (nuclio-real.md, F14; nuclio: restful/middleware/middleware.go)
 */
const NUCLIO_LOGGER = {
  sinks: { stdout: { kind: "stdout" } },
  system: [{ level: "info", sink: "stdout" }],
  functions: [{ level: "info", sink: "stdout" }],
} as const;

function ingress({ config, versions, ingressClass, signIn }: CvatPlan) {
  // Routes of our own stand before it then, and an Ingress of the chart's would let everybody past them.
  if (signIn !== undefined) return { ingress: { enabled: false } };
  const { host, tls } = config.ingress;
  const annotations = semver.gte(versions.parts.chart, OWN_ANNOTATIONS_SINCE) ? ingressAnnotations(config) : {};
  const [main, analytics] = [annotations[CHART_OBJECTS.ingress], annotations[CHART_OBJECTS.analyticsIngress]];
  return {
    ingress: {
      enabled: true,
      hostname: host,
      className: ingressClass.name,
      tls: tls !== undefined,
      ...(tls && { tlsSecretName: tls.secretName }),
    },
    ...(main && { cvat: { ingress: { annotations: main } } }),
    ...(analytics && { analytics: { ingress: { annotations: analytics } } }),
  };
}

function image({ repository, tag }: ImageParts) {
  return { image: repository, tag };
}

/** The chart is not to make this Secret, and reads ours. */
function ownSecret(name: string) {
  return { secret: { create: false, name } };
}

/** The form of Bitnami's charts. */
function persistence({ size }: { size: string }, storageClass: ChosenClass) {
  return { enabled: true, size, storageClass: storageClass.name };
}
