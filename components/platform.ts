import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { BackupAccess } from "./backup/access.ts";
import { cvatAccess } from "./backup/cvat-access.ts";
import { Backup } from "./backup/backup.ts";
import { backupWorkloads } from "./backup/workloads.ts";
import type { LedgerRow } from "./charts/ledger.ts";
import type { ChartSource } from "./charts/source.ts";
import { untriedText } from "./charts/versions.ts";
import { clearMlAccounts, type ClearMlAccounts, type StoreAccess } from "./clearml/accounts.ts";
import { ClearMlAgent, type ClearMlAgentArgs } from "./clearml/agent/agent.ts";
import { ClearMl } from "./clearml/clearml.ts";
import type { Cluster, PreparedCluster } from "./kubernetes/cluster.ts";
import type { ClusterConfig } from "./lab/cluster-config.ts";
import type { Plan } from "./lab/plan.ts";
import { Cvat } from "./cvat/cvat.ts";
import { edgeAsked, passedOnBySignIn } from "./cvat/edge.ts";
import type { CvatPlan } from "./cvat/plan.ts";
import type { StorageAccess } from "./cvat/records.ts";
import { addressesIn } from "./cvat/values.ts";
import type { DiscoveryConfig } from "./discovery/discovery-config.ts";
import { Discovery } from "./discovery/discovery.ts";
import { edgeProof } from "./edge/proof/register.ts";
import { appliedBelow } from "./kubernetes/field-manager.ts";
import { OwnProvider, OwnResource } from "./records/resource.ts";
import { millisecondsOf } from "./schema/values.ts";
import { FUNCTION_PODS } from "./network/parties.ts";
import { Network } from "./network/network.ts";
import { Nuclio, platformValues } from "./nuclio/nuclio.ts";
import { observeFunctions } from "./nuclio/observe.ts";
import { RunError } from "./program/run-errors.ts";
import { signInServer } from "./sso/sign-in-settings.ts";
import { keycloakClient } from "./sso/keycloak/client.ts";
import type { SsoConfig } from "./sso/sso-config.ts";
import { Sso } from "./sso/sso.ts";
import { ssoWorkloads } from "./sso/workloads.ts";
import { authorityName } from "./storage/authority.ts";
import type { StoreFindings } from "./storage/findings.ts";
import { ObjectStore } from "./storage/object-store.ts";
import { traefikAddress } from "./traefik/address.ts";
import { addressWhenGiven } from "./traefik/wait.ts";

export interface VisionPlatformArgs {
  /** The lab, read and checked, with all that is worked out of it. */
  plan: Plan;
  /** The charts on this machine, by name; one for each system that is enabled. */
  charts: Readonly<Record<string, ChartSource>>;
  /** What was found in the object store. */
  found: StoreFindings;
  /** What was made ready in the cluster for this run. */
  prepared: PreparedCluster;
  /** Where the agent's image is built from, and what carries it. */
  delivery: ClearMlAgentArgs["delivery"];
}

/** The lab. The constructor is its table of contents. */
export class VisionPlatform extends pulumi.ComponentResource {
  readonly traefik?: k8s.core.v1.ServicePatch;
  readonly store?: ObjectStore;
  readonly cvat?: Cvat;
  readonly sso?: Sso;
  readonly discovery?: Discovery;
  readonly nuclio?: Nuclio;
  readonly clearml?: ClearMl;
  readonly agent?: ClearMlAgent;
  readonly network?: Network;
  readonly backup?: Backup;
  /** Credentials of ClearML's people and of its agent. */
  readonly accounts?: pulumi.Output<ClearMlAccounts>;
  /** What became of every fix of every chart. */
  readonly ledger: pulumi.Output<LedgerRow[]>;

  constructor(name: string, args: VisionPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    const providers = [new OwnProvider(`${name}-generated`)];
    super(
      "vision-platform:index:VisionPlatform",
      name,
      {},
      pulumi.mergeOptions(opts, { providers, transformations: [appliedBelow(args.prepared)] }),
    );
    const { plan, charts } = args;
    const { lab } = plan;
    const cluster = { ...clusterOf(`${name}-cluster`, lab.cluster, { parent: this }), prepared: args.prepared };
    const parts = { parent: this };

    const { uid } = args.prepared;
    if (uid !== undefined) new OwnResource(`${name}-in-cluster`, "preflight:Cluster", { uid }, [], parts);
    this.traefik = traefikAddress(`${name}-traefik`, lab.traefik, cluster, parts);
    const { address } = lab.traefik;
    const edge =
      this.traefik && address !== undefined
        ? addressWhenGiven(`${name}-traefik-ready`, address, lab.traefik, cluster, {
            ...parts,
            dependsOn: this.traefik,
          })
        : "(address of Traefik)";
    if (plan.store) this.store = new ObjectStore("store", { plan: plan.store, found: args.found }, parts);
    if (plan.cvat) {
      this.cvat = new Cvat(
        "cvat",
        {
          plan: plan.cvat,
          chart: chartOf(charts, "cvat"),
          cluster,
          objectStoreAddresses: plan.store ? addressesIn([plan.store.s3.endpoint]) : [],
          objectStoreCa: plan.store?.caForPods,
          storages: storagesOf(this.store, plan.store),
          nuclioPlatform: platformValues(plan.functions, plan.cvat.nuclio),
          mirror: plan.mirror,
          address: edge,
          signIn: lab.sso && signInServer(lab.sso, plan.cvat.config, accountsOf(plan.cvat)),
        },
        parts,
      );
      if (lab.sso) this.sso = ssoOf(lab.sso, plan, plan.cvat, this.cvat, cluster, parts);
      const { signIn } = plan.cvat;
      if (signIn) {
        const standing = [this.cvat, ...(this.sso ? [this.sso] : [])];
        edgeProof("cvat", edgeAsked(lab.cvat, signIn), { ...parts, dependsOn: standing });
      }
      if (lab.discovery) this.discovery = discoveryOf(lab.discovery, plan.cvat, plan, this.cvat, cluster, parts);
      if (lab.cvat.nuclio.enabled) this.nuclio = nuclioOf(plan, this.cvat, this.store, cluster, parts);
    }
    if (plan.clearml) {
      const { config, agent } = plan.clearml;
      this.clearml = new ClearMl(
        "clearml",
        {
          plan: plan.clearml,
          chart: chartOf(charts, "clearml"),
          cluster,
          mirror: plan.mirror,
          ...(this.store && { s3: this.store.access("clearml", "clearml", this.store.keysOfDeleteJob()) }),
          s3Ca: plan.store?.caForPods,
        },
        parts,
      );
      const access = storeAccess(this.store, config.users);
      this.accounts = clearMlAccounts(this.clearml.credentials, access);
      if (agent) {
        this.agent = new ClearMlAgent(
          "clearml-agent",
          {
            config,
            plan: agent,
            chart: chartOf(charts, "clearml-agent"),
            cluster,
            server: this.clearml,
            mirror: plan.mirror,
            s3: access?.agent,
            s3Ca: plan.store?.caForPods,
            delivery: args.delivery,
          },
          parts,
        );
      }
    }
    this.backup = backupOf(plan, this, cluster, parts);
    if (lab.network.policies) this.network = networkOf(this, plan, cluster, parts);
    // A warning, so that a preview's report has it too.
    const untried = untriedText({ CVAT: plan.cvat?.versions, ClearML: plan.clearml?.versions });
    if (untried) void pulumi.log.warn(untried, this);
    this.ledger = pulumi
      .all([this.cvat?.ledger, this.clearml?.ledger, this.agent?.ledger].filter((rows) => rows !== undefined))
      .apply((ledgers) => ledgers.flat());
    this.registerOutputs({ ledger: this.ledger });
  }

  /** What the stack exports: where everything is, and the ledger. */
  get outputs(): Record<string, unknown> {
    const { store, cvat, sso, nuclio, clearml, agent, accounts, ledger } = this;
    return {
      ...(cvat && {
        cvat: {
          url: cvat.url,
          analyticsUrl: cvat.analyticsUrl,
          namespace: cvat.namespace,
          versions: cvat.versions,
          users: cvat.users,
          cloudStorages: cvat.cloudStorages,
          ...(cvat.projects.length > 0 && { projects: cvat.projects }),
          ...(sso && { signOutUrl: pulumi.interpolate`${cvat.url}${sso.signOutPath}` }),
        },
      }),
      ...(clearml && {
        clearml: {
          webUrl: clearml.webUrl,
          apiUrl: clearml.apiUrl,
          filesUrl: clearml.filesUrl,
          namespace: clearml.namespace,
          versions: clearml.versions,
          users: clearml.users,
        },
      }),
      ...(store && { objectStore: { endpoint: store.endpointForPods, buckets: store.buckets, users: store.users } }),
      ...(nuclio && { functions: nuclio.functions }),
      ...(agent && { agent: { namespace: agent.namespace, queue: agent.queue, image: agent.image } }),
      ledger,
      // Of its own: an output with one secret inside is hidden whole.
      secrets: pulumi.secret({
        ...(cvat && { cvat: cvat.passwords }),
        ...(accounts && { clearml: accounts }),
        ...(store && { objectStore: store.keysOfPeople }),
        ...(store && this.backup && { backup: store.keysOf("backup") }),
      }),
    };
  }
}

/** The buckets CVAT may use, with its key. */
function storagesOf(store: ObjectStore | undefined, plan: Plan["store"]): StorageAccess[] {
  if (store === undefined || plan === undefined) return [];
  const keys = store.keysOf("cvat");
  return plan.rolesOfCvat.map((role) => ({ role, bucket: store.bucket(role), ...plan.s3, ...keys }));
}

/** Keys of ClearML's people and of its agent, for the bucket of artifacts. */
function storeAccess(store: ObjectStore | undefined, users: readonly { username: string }[]): StoreAccess | undefined {
  return (
    store && {
      users: Object.fromEntries(
        users.map(({ username }) => [username, store.access("clearml", "clearml", store.keysOfPerson(username))]),
      ),
      agent: store.access("clearml", "clearml", store.keysOf("clearml")),
    }
  );
}

/** Sign-in to CVAT, in its namespace. */
function ssoOf(
  config: SsoConfig,
  { lab, mirror }: Plan,
  cvat: CvatPlan,
  { namespace }: Cvat,
  cluster: Cluster,
  opts: pulumi.ComponentResourceOptions,
): Sso {
  const { keycloak, secrets } = config;
  const { host } = lab.cvat.ingress;
  const clientSecret = keycloak ? keycloakClient("sso", { config, keycloak, host }, opts) : secrets.client;
  // Whoever reads a stack file for `up` has asked for it by then.
  if (clientSecret === undefined) throw new RunError("vision-platform:sso.secrets.client is missing.");
  const passedOn = passedOnBySignIn(cvat);
  return new Sso("sso", { config, host, namespace, cluster, clientSecret, passedOn, mirror }, opts);
}

/** User names of the lab's own programs in CVAT. */
const accountsOf = ({ accounts }: CvatPlan) => accounts.map(({ username }) => username);

/** Backups, beside the systems that they are of. */
function backupOf(
  { backup: plan, cvat: cvatPlan, store: storePlan, lab, mirror }: Plan,
  { store, cvat, clearml }: Pick<VisionPlatform, "store" | "cvat" | "clearml">,
  cluster: Cluster,
  opts: pulumi.ComponentResourceOptions,
): Backup | undefined {
  if (plan === undefined || storePlan === undefined || store === undefined) return undefined;
  const { accessKey, secretKey } = store.keysOf("backup");
  const { url: notifyUrl } = lab.backup?.notify ?? {};
  const ca = storePlan.caForPods;
  const place = { ...storePlan.s3, ...(ca !== undefined && { ca }) };
  const ofCvat =
    cvat && cvatPlan && plan.parts.includes("projects") ? cvatAccess(plan, cvat, cvatPlan, opts) : undefined;
  const access = pulumi
    .all([store.bucket("backups"), accessKey, secretKey, notifyUrl, ofCvat])
    .apply(([bucket, key, secret, url, opened]): BackupAccess => ({
      store: { ...place, bucket, accessKey: key, secretKey: secret },
      ...(opened && { cvat: opened }),
      ...(url !== undefined && { notifyUrl: url }),
    }));
  const namespaces = {
    ...(cvat && { [lab.cvat.namespace]: cvat.namespace }),
    ...(clearml && { [lab.clearml.namespace]: clearml.namespace }),
  };
  return new Backup("backup", { plan, namespaces, mirror, cluster, access }, opts);
}

/** What the platform around the lab learns of CVAT. */
function discoveryOf(
  config: DiscoveryConfig,
  { config: section, versions }: CvatPlan,
  { lab, mirror }: Plan,
  cvat: Cvat,
  cluster: Cluster,
  opts: pulumi.ComponentResourceOptions,
): Discovery {
  const { namespace, url, addressForPrograms, analyticsUrl, connectionAs } = cvat;
  return new Discovery(
    "discovery",
    {
      config,
      cvat: {
        ...{ namespace, url, addressForPrograms, analyticsUrl, connectionAs },
        version: versions.version,
        superuser: section.superuser.username,
      },
      surroundings: {
        cvat: section,
        issuer: lab.sso !== undefined,
        objectStore: lab.objectStore !== undefined,
        registry: mirror !== undefined || section.nuclio.registry !== undefined,
      },
      oidcClient: lab.sso?.client.id,
      cluster,
    },
    // So that CVAT still answers when the token is taken back.
    { ...opts, dependsOn: cvat },
  );
}

/** Functions of the stack, deployed through CVAT's Nuclio. */
function nuclioOf(
  { lab, cvat: cvatPlan, functions, store: storePlan }: Plan,
  cvat: Cvat,
  store: ObjectStore | undefined,
  cluster: Cluster,
  opts: pulumi.ComponentResourceOptions,
): Nuclio | undefined {
  const adopted = lab.cvat.nuclio.adoptedFunctions;
  if (Object.keys(functions).length + Object.keys(adopted).length === 0) return undefined;
  const classes = Object.fromEntries(Object.entries(functions).map(([fn, { runtimeClass }]) => [fn, runtimeClass]));
  return new Nuclio(
    "nuclio",
    {
      functions,
      adopted,
      cluster,
      namespace: cvat.namespace,
      version: cvatPlan?.nuclio,
      ready: cvat.ready,
      store: store &&
        storePlan && {
          ...storePlan.s3,
          // CVAT's own, whose namespace the functions are in.
          authority: storePlan.caForPods === undefined ? undefined : authorityName(storePlan.caForPods),
          ...store.keysOf("functions"),
        },
      findings: observeFunctions(
        cluster.access,
        lab.cvat.namespace,
        classes,
        (text) => void pulumi.log.warn(text, opts.parent),
      ),
    },
    // Of CVAT, what makes it ready, and no more: not the proof that nobody makes an account by himself.
    { ...opts, dependsOn: cvat.ready.apply((): pulumi.Resource[] => []) },
  );
}

/** Who of all that is there may call whom. */
function networkOf(
  { cvat, clearml, agent }: Pick<VisionPlatform, "cvat" | "clearml" | "agent">,
  { lab, cvat: cvatPlan, functions, store, backup }: Plan,
  cluster: Cluster,
  opts: pulumi.ComponentResourceOptions,
): Network {
  const installed = [cvat, clearml, agent].filter((one) => one !== undefined);
  const { namespace, nuclio } = lab.cvat;
  const { name, labels, port } = FUNCTION_PODS;
  const ofOthers = [
    ...(cvat && lab.sso ? ssoWorkloads(namespace) : []),
    ...(cvat && nuclio.enabled ? [{ namespace, name, labels, ports: [{ name: undefined, port }] }] : []),
    ...(backup ? backupWorkloads(backup) : []),
  ];
  const { network, traefik, sso } = lab;
  return new Network(
    "network",
    {
      input: { network, traefik, sso, cvat: cvatPlan, functions, store, backup: lab.backup },
      cluster,
      workloads: pulumi.all(installed.map(({ workloads }) => workloads)).apply((all) => [...all.flat(), ...ofOthers]),
      ofCharts: pulumi.all(installed.map(({ ownPolicies }) => ownPolicies)).apply((all) => all.flat()),
    },
    opts,
  );
}

/** The cluster as every component sees it, with one provider for all. */
function clusterOf(name: string, config: ClusterConfig, opts: pulumi.ResourceOptions): Cluster {
  const { kubeconfig, context } = config;
  const provider = new k8s.Provider(
    name,
    {
      kubeconfig,
      context,
      enableServerSideApply: true,
      // A kubeconfig that was renewed is still the same cluster: without this, its text decides, and a new token replaces everything.
      clusterIdentifier: "vision-platform",
      suppressHelmHookWarnings: true,
    },
    opts,
  );
  return {
    provider,
    access: { kubeconfig, context },
    readyTimeoutMs: millisecondsOf(config.readyTimeout),
  };
}

function chartOf(charts: VisionPlatformArgs["charts"], name: string): ChartSource {
  const chart = charts[name];
  if (chart === undefined) throw new Error(`no chart was resolved for ${name}`);
  return chart;
}
