import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ChartInstall } from "../charts/install.ts";
import type { LedgerRow } from "../charts/ledger.ts";
import type { ChartSource } from "../charts/source.ts";
import type { Workload } from "../charts/workloads.ts";
import type { Stages } from "../edge/route.ts";
import type { Mirror } from "../images/mirror.ts";
import { pullSecret } from "../images/pull-secret.ts";
import type { StageRow } from "../readiness/stages.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { keptNamespace } from "../kubernetes/namespace.ts";
import { registerEdge } from "../edge/register.ts";
import { cvatLabels } from "./namespace-labels.ts";
import { authorityMap } from "../storage/authority-map.ts";
import { authorityName } from "../storage/authority.ts";
import { certificateCopy } from "./certificate/copy.ts";
import { clickhouseInitJob, needsClickhouseInit } from "./clickhouse-init.ts";
import type { Connection } from "./client/connection.ts";
import type { CvatConfig } from "./cvat-config.ts";
import type { CvatPlan } from "./plan.ts";
import { cvatFixes } from "./fixes.ts";
import { cvatEdgeStages, hasAnalyticsPage } from "./edge.ts";
import { ingressAnnotations, publicUrl, traefikObjects } from "./ingress.ts";
import { onceScript } from "./initialisation/once.ts";
import { initialisationStamp } from "./initialisation/stamp.ts";
import { kvrocksFile } from "./kvrocks/file.ts";
import { CHART_OBJECTS } from "./names.ts";
import { ownPods } from "./own-pods.ts";
import { RELEASE } from "../nuclio/names.ts";
import { registerRecords, type StorageAccess } from "./records.ts";
import { registrationProof, registrationSettings } from "./registration/closed.ts";
import { REGISTRATION_CLOSED, type ServerSettings } from "./registration/settings.ts";
import { restartedReaders } from "../secrets/readers.ts";
import { CvatSecrets } from "./secrets.ts";
import { CvatUsers } from "./users/users.ts";
import { addressesIn, calledUrls, cvatValues, smokescreenOptions } from "./values.ts";
import type { CvatVersions } from "./versions.ts";

export interface CvatArgs {
  plan: CvatPlan;
  /** The chart to install. */
  chart: ChartSource;
  cluster: Cluster;
  /** Addresses of the object store, `IP:PORT` each, which CVAT may fetch from. */
  objectStoreAddresses?: pulumi.Input<readonly string[]>;
  /** Certificates of the object store's private authority, PEM. Default: none, public ones are enough. */
  objectStoreCa?: string | undefined;
  /** Buckets of the object store that CVAT may use, each with CVAT's own key. Default: none. */
  storages?: readonly StorageAccess[];
  /** The part of Nuclio's platform configuration that the functions need. Default: none. */
  nuclioPlatform?: Readonly<Record<string, unknown>>;
  /** Where images are taken from. Default: each from where it is published. */
  mirror?: Mirror | undefined;
  /** Settings by which people sign in otherwise than by CVAT's passwords. They close registration, too. Default: those that close it alone. */
  signIn?: ServerSettings | undefined;
  /** Traefik's address, for CVAT's URL where it has no host name. */
  address: pulumi.Input<string>;
}

/** When each workload is waited for. Vector and Grafana wait along with the workers. */
const STAGES: readonly StageRow[] = [
  { stage: "databases", name: /^cvat-(postgresql|redis-master|kvrocks|clickhouse-shard\d+)$/ },
  { stage: "server", name: /^cvat-(backend-initializer-r\d+|backend-server|opa|frontend)$/ },
];

/** CVAT with its databases, analytics and Nuclio, behind the cluster's Traefik. */
export class Cvat extends pulumi.ComponentResource {
  /** Where people reach CVAT. */
  readonly url: pulumi.Output<string>;
  /** Where they reach Grafana, signed in to CVAT. Undefined without analytics. */
  readonly analyticsUrl: pulumi.Output<string> | undefined;
  readonly namespace: pulumi.Output<string>;
  readonly versions: CvatVersions;
  /** What became of each fix. */
  readonly ledger: pulumi.Output<LedgerRow[]>;
  /** Resolves when CVAT runs, with its event table and its users. */
  readonly ready: pulumi.Output<void>;
  /** Names of the users it makes, the superuser first. */
  readonly users: readonly string[];
  /** Names of the cloud storages. */
  readonly cloudStorages: readonly string[];
  /** Names of the projects. */
  readonly projects: readonly string[];
  /** All its pods, and where they listen. */
  readonly workloads: pulumi.Output<Workload[]>;
  /** Names of NetworkPolicies that its chart brings. */
  readonly ownPolicies: pulumi.Output<string[]>;
  /** Passwords by user name. */
  readonly passwords: pulumi.Output<Record<string, string>>;
  /** Where programs reach CVAT's API with a token of CVAT's, from any machine. */
  readonly addressForPrograms: pulumi.Output<string>;
  /** How this machine reaches CVAT as one of its users, once they are there. */
  readonly connectionAs: (username: string) => pulumi.Output<Connection>;

  constructor(name: string, args: CvatArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("vision-platform:cvat:Cvat", name, {}, opts);
    const { plan, chart, cluster } = args;
    const { config } = plan;
    const child = { parent: this, provider: cluster.provider };
    this.versions = plan.versions;
    this.namespace = keptNamespace(`${name}-namespace`, config.namespace, child, cvatLabels(config));
    const { mirror } = args;
    const pulls = pullSecret(name, mirror, this.namespace, child);
    const secrets = new CvatSecrets(name, { plan, namespace: this.namespace, cluster, mirror, pulls }, child);
    const { clickhousePassword } = secrets;
    const certificate = certificateCopy(name, { plan, namespace: this.namespace, cluster, mirror, pulls }, child);
    // Before the chart, so that where it leaves out an Ingress, or takes one away, these stand already.
    const beside = registerEdge(name, cvatStages(plan), this.namespace, { ...child, dependsOn: certificate });
    const once = onceScript(name, this.namespace, child);
    const cache = config.kvrocks.external ? [] : [kvrocksFile(name, config.kvrocks, this.namespace, child)];
    const isClosed = config.registration === "closed";
    const settings = isClosed ? (args.signIn ?? REGISTRATION_CLOSED) : undefined;
    const closed = settings ? [registrationSettings(name, settings, this.namespace, child)] : [];
    const authority =
      args.objectStoreCa === undefined ? [] : [authorityMap(name, args.objectStoreCa, this.namespace, child)];
    const install = new ChartInstall(
      name,
      {
        title: "CVAT",
        chart,
        release: RELEASE,
        namespace: this.namespace,
        values: cvatValues({
          plan,
          clickhousePassword,
          registrySecret: secrets.registrySecret,
          smokescreen: smokescreen(args),
          nuclioPlatform: args.nuclioPlatform,
        }),
        fixes: cvatFixes({
          cvat: this.versions.version,
          chart: this.versions.parts.chart,
          ingressAnnotations: plan.signIn === undefined ? ingressAnnotations(config) : {},
          settings,
          kvrocks: config.kvrocks.external ? undefined : config.kvrocks,
          services: config,
          initialisation: {
            stamp: initialisationStamp(config),
            patience: Math.ceil(cluster.readyTimeoutMs / 1000),
          },
          authority: args.objectStoreCa === undefined ? undefined : authorityName(args.objectStoreCa),
        }),
        stages: STAGES,
        ...{ mirror, pulls },
        cluster,
      },
      { ...child, dependsOn: [...secrets.objects, ...certificate, ...beside, once, ...cache, ...closed, ...authority] },
    );
    // The chart makes this Secret itself.
    const events = clickhousePassword ?? externalPlace(config);
    const readers = events
      ? restartedReaders(
          `${name}-restart-after-clickhouse`,
          {
            cluster,
            namespace: pulumi.all([this.namespace, install.ready]).apply(([where]) => where),
            texts: { [CHART_OBJECTS.clickhouseSecret]: events },
            stores: [CHART_OBJECTS.clickhouseShard],
          },
          { parent: this },
        )
      : undefined;
    const users = usersOf(name, args, install, this.namespace, child);
    const table = eventTable(name, config, this.versions, install, this.namespace, child);

    this.ledger = install.ledger;
    this.workloads = install.workloads.apply((ofChart) => [...ofChart, ...ownPods(plan)]);
    this.ownPolicies = install.ownPolicies;
    // By the URNs: an id is not known before there is one, and a preview of what hangs on it would show a change.
    this.ready = pulumi.all([install.ready, table?.urn, users.ready, readers?.urn]).apply(() => undefined);
    this.url = pulumi.output(args.address).apply((address) => publicUrl(config, address));
    this.passwords = users.passwords;
    this.users = [config.superuser, ...config.users].map(({ username }) => username);
    this.cloudStorages = plan.cloudStorages.map(({ name: storage }) => storage);
    this.projects = plan.config.projects.map(({ name: project }) => project);
    const { signIn } = plan;
    this.addressForPrograms = signIn?.tokenHost === undefined ? this.url : pulumi.output(`https://${signIn.tokenHost}`);
    this.connectionAs = connections(args, this.url, users);
    registerRecords(
      name,
      { plan, storages: args.storages ?? [], connection: this.connectionAs(config.superuser.username) },
      // What is in CVAT's database outlives CVAT, as the database's volume does.
      { parent: this, dependsOn: users.job, deletedWith: this },
    );
    if (isClosed) {
      const proof = { endpoint: plan.endpoint ?? this.url, namespace: this.namespace, cluster };
      // Last of all that is CVAT's, and nothing waits for it: what it fails, it fails alone.
      registrationProof(name, proof, { parent: this, dependsOn: this });
    }
    this.analyticsUrl = hasAnalyticsPage(plan) ? pulumi.interpolate`${this.url}/analytics` : undefined;
    this.registerOutputs({
      url: this.url,
      analyticsUrl: this.analyticsUrl,
      namespace: this.namespace,
      versions: this.versions,
      ledger: this.ledger,
      ready: this.ready,
    });
  }
}

/** Where somebody else's ClickHouse is, which the chart's Secret has too. */
function externalPlace({ analytics: { enabled, clickhouse } }: CvatConfig): string | undefined {
  const { external } = clickhouse;
  return enabled && external ? [external.host, external.port, external.database, external.user].join(" ") : undefined;
}

function smokescreen({ plan: { config }, objectStoreAddresses = [] }: CvatArgs): pulumi.Output<string> {
  const { allowAddresses, allowRanges } = config.smokescreen;
  return pulumi
    .output(objectStoreAddresses)
    .apply((addresses) =>
      smokescreenOptions([...addresses, ...addressesIn(calledUrls(config)), ...allowAddresses], allowRanges),
    );
}

/** What stands before CVAT: the routes of an edge, or what the chart's Ingresses refer to. */
function cvatStages(plan: CvatPlan): Stages {
  if (plan.signIn !== undefined) return cvatEdgeStages(plan);
  return [traefikObjects(plan.config)];
}

/** CVAT's users, made when it runs. */
function usersOf(
  name: string,
  { plan: { config, accounts }, cluster }: CvatArgs,
  install: ChartInstall,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): CvatUsers {
  return new CvatUsers(
    name,
    {
      ...{ config, accounts },
      namespace: pulumi.all([namespace, install.ready]).apply(([where]) => where),
      initializer: install.object("Job", CHART_OBJECTS.initializer) as pulumi.Output<k8s.batch.v1.Job>,
      cluster,
    },
    opts,
  );
}

/** By whom records are made: the superuser, and for what only he himself can have, a user or a program of the lab. */
function connections(
  { plan: { endpoint: ofPrograms }, cluster }: CvatArgs,
  url: pulumi.Output<string>,
  { passwords, accountPasswords, ready }: CvatUsers,
): Cvat["connectionAs"] {
  return (username) =>
    pulumi.all([ofPrograms ?? url, passwords, accountPasswords, ready]).apply(([endpoint, people, programs]) => ({
      endpoint,
      username,
      password: people[username] ?? programs[username] ?? "",
      patienceMs: cluster.readyTimeoutMs,
    }));
}

/** ClickHouse's database and table, where neither images nor chart make them. */
function eventTable(
  name: string,
  config: CvatConfig,
  versions: CvatVersions,
  install: ChartInstall,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job | undefined {
  if (!config.analytics.enabled || !needsClickhouseInit(versions.version, versions.parts.chart)) return undefined;
  const afterwards = pulumi.all([namespace, install.ready]).apply(([where]) => where);
  const { metadata, spec } = clickhouseInitJob(config.namespace);
  return new k8s.batch.v1.Job(
    `${name}-clickhouse-init`,
    { metadata: { ...metadata, namespace: afterwards }, spec },
    { ...opts, deleteBeforeReplace: true },
  );
}
