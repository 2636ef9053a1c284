import * as pulumi from "@pulumi/pulumi";
import { ChartInstall } from "../charts/install.ts";
import type { LedgerRow } from "../charts/ledger.ts";
import type { ChartSource } from "../charts/source.ts";
import type { Workload } from "../charts/workloads.ts";
import type { Mirror } from "../images/mirror.ts";
import type { StageRow } from "../readiness/stages.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { keptNamespace } from "../kubernetes/namespace.ts";
import { clearmlLabels } from "./namespace-labels.ts";
import { authorityMap } from "../storage/authority-map.ts";
import { authorityName } from "../storage/authority.ts";
import type { S3Access } from "./conf.ts";
import type { ClearmlPlan } from "./plan.ts";
import { deletionFixes, filesPrefixes } from "./deletion.ts";
import { CLEARML_FIXES } from "./fixes.ts";
import { ADDRESS_KEYS, httpUrl, RELEASE, SERVICES } from "./names.ts";
import { apiKeysOf, deleteJobSecret, digestOf, registerSecrets, serverSecrets } from "./secrets.ts";
import { clearmlValues } from "./values.ts";
import type { ClearmlVersions } from "./versions.ts";

export interface ClearMlArgs {
  plan: ClearmlPlan;
  /** The server's chart. */
  chart: ChartSource;
  cluster: Cluster;
  /** Where images are taken from. Default: each from where it is published. */
  mirror?: Mirror | undefined;
  /** The object store as the job that deletes files uses it. Left out: it deletes those of the file server alone. */
  s3?: pulumi.Input<S3Access>;
  /** Certificates of the store's private authority, PEM, for pods. Default: none. */
  s3Ca?: string | undefined;
}

/** Passwords and keys a person or another component needs. */
export interface ClearMlCredentials {
  /** Password of each web user. */
  users: Record<string, string>;
  /** The key pair declared for agents. */
  agent: { accessKey: string; secretKey: string };
}

const STAGES: readonly StageRow[] = [
  { stage: "databases", name: /^clearml-(elastic-master|mongodb|redis-master)$/ },
  { stage: "server", name: /^clearml-apiserver$/ },
  { stage: "workers", name: /^clearml-(webserver|fileserver|apiserver-asyncdelete)$/ },
];

/** The ClearML server: API, web interface, file server and their databases. */
export class ClearMl extends pulumi.ComponentResource {
  /** Where a person opens the web interface. */
  readonly webUrl: pulumi.Output<string>;
  /** Where the SDK and agents reach the API. */
  readonly apiUrl: pulumi.Output<string>;
  /** Where files are kept; part of the address of every file. */
  readonly filesUrl: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string>;
  readonly versions: ClearmlVersions;
  /** Names of the web users. */
  readonly users: readonly string[];
  readonly credentials: pulumi.Output<ClearMlCredentials>;
  /** What became of each fix of the chart. */
  readonly ledger: pulumi.Output<LedgerRow[]>;
  /** Its pods, and where they listen. */
  readonly workloads: pulumi.Output<Workload[]>;
  /** Names of NetworkPolicies that its chart brings. */
  readonly ownPolicies: pulumi.Output<string[]>;
  /** Resolves when the server is ready. */
  readonly ready: pulumi.Output<void>;

  constructor(
    name: string,
    { plan, chart, cluster, mirror, s3, s3Ca }: ClearMlArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("vision-platform:clearml:ClearMl", name, {}, opts);
    const parts = { parent: this };

    const { config } = plan;
    this.versions = plan.versions;
    const made = { ...parts, provider: cluster.provider };
    this.namespace = keptNamespace(`${name}-namespace`, config.namespace, made, clearmlLabels(config));
    const secrets = serverSecrets(name, config, parts);
    const apiKeys = apiKeysOf(name, config, secrets.passwords, parts);
    const inCluster = { ...parts, dependsOn: [apiKeys] };
    const registered = registerSecrets(name, secrets, this.namespace, cluster, inCluster);
    const store = s3 === undefined ? undefined : deleteJobSecret(name, s3, this.namespace, cluster, parts);
    const authority = s3Ca === undefined || !store ? undefined : authorityMap(name, s3Ca, this.namespace, made);
    const present = [...Object.values(registered), ...(store ? [store] : [])];

    const server = new ChartInstall(
      `${name}-server`,
      {
        title: "ClearML",
        chart,
        release: RELEASE,
        namespace: this.namespace,
        values: clearmlValues({
          plan,
          digests: {
            apiserver: digestOf([secrets.credentials, secrets.signing, secrets.files], present),
            // It signs in with what it was told at its start.
            fileserver: digestOf([secrets.credentials, secrets.signing], [registered.credentials]),
          },
          store: store !== undefined,
        }),
        fixes: [
          ...CLEARML_FIXES,
          ...deletionFixes({
            prefixes: filesPrefixes(config),
            store: store !== undefined,
            authority: authority && s3Ca !== undefined ? authorityName(s3Ca) : undefined,
          }),
        ],
        stages: STAGES,
        addressKeys: ADDRESS_KEYS,
        mirror,
        cluster,
      },
      parts,
    );

    const urlOf = (part: keyof typeof SERVICES) =>
      pulumi
        .output(config.addresses[part] ?? server.addressOf(SERVICES[part]))
        .apply((host) => httpUrl(host, config.port));
    this.webUrl = urlOf("web");
    this.apiUrl = urlOf("api");
    this.filesUrl = urlOf("files");
    this.users = config.users.map(({ username }) => username);
    this.credentials = pulumi.secret(pulumi.all([secrets.passwords, secrets.credentials]).apply(credentialsOf));
    this.ledger = server.ledger;
    this.workloads = server.workloads;
    this.ownPolicies = server.ownPolicies;
    // With the Secret's name, which is always known, so that whoever signs in by a pair of it is removed before it is.
    this.ready = pulumi.all([server.ready, registered.credentials.urn]).apply(() => undefined);
    this.registerOutputs({
      webUrl: this.webUrl,
      apiUrl: this.apiUrl,
      filesUrl: this.filesUrl,
      namespace: this.namespace,
      users: this.users,
      credentials: this.credentials,
    });
  }
}

function credentialsOf([users, keys]: [Record<string, string>, Record<string, string>]): ClearMlCredentials {
  return {
    users,
    agent: { accessKey: keys["services_agent_key"] ?? "", secretKey: keys["services_agent_secret"] ?? "" },
  };
}
