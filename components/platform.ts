import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { LedgerRow } from "./charts/ledger.ts";
import type { ChartSource } from "./charts/source.ts";
import { installedVersions, untriedText } from "./charts/versions.ts";
import { ClearMl } from "./clearml/clearml.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import type { LabConfig } from "./config.ts";
import { CLEARML_VERSIONS, clearmlWish } from "./clearml/versions.ts";
import { Cvat } from "./cvat/cvat.ts";
import { CVAT_VERSIONS, cvatWish } from "./cvat/versions.ts";
import { DynamicProvider } from "./records/provider.ts";
import { millisecondsOf } from "./schema.ts";
import { traefikAddress } from "./traefik/address.ts";

export interface VisionPlatformArgs {
  /** The lab, read and checked. */
  lab: LabConfig;
  /** The charts on this machine, by name; one for each system that is enabled. */
  charts: Readonly<Record<string, ChartSource>>;
}

/** The lab. The constructor is its table of contents. */
export class VisionPlatform extends pulumi.ComponentResource {
  readonly traefik?: k8s.core.v1.ServicePatch;
  readonly cvat?: Cvat;
  readonly clearml?: ClearMl;
  /** What became of every fix of every chart. */
  readonly ledger: pulumi.Output<LedgerRow[]>;

  constructor(name: string, { lab, charts }: VisionPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    const providers = [new DynamicProvider(`${name}-generated`)];
    super("vision-platform:index:VisionPlatform", name, {}, { ...opts, providers });
    const cluster = clusterOf(`${name}-cluster`, lab.cluster, { parent: this });
    const parts = { parent: this };

    this.traefik = traefikAddress(`${name}-traefik`, lab.traefik, cluster, parts);
    if (lab.cvat.enabled) {
      this.cvat = new Cvat(
        "cvat",
        {
          config: lab.cvat,
          chart: chartOf(charts, "cvat"),
          cluster,
          objectStoreAddresses: lab.objectStore ? [`${lab.objectStore.address}:${lab.objectStore.port}`] : [],
          address: lab.traefik.address ?? "(address of Traefik)",
        },
        parts,
      );
    }
    if (lab.clearml.enabled) {
      this.clearml = new ClearMl("clearml", { config: lab.clearml, chart: chartOf(charts, "clearml"), cluster }, parts);
    }
    // A warning, so that a preview's report has it too.
    const untried = untriedText({ CVAT: this.cvat?.versions, ClearML: this.clearml?.versions });
    if (untried) void pulumi.log.warn(untried, this);
    this.ledger = pulumi
      .all([this.cvat?.ledger, this.clearml?.ledger].filter((rows) => rows !== undefined))
      .apply((ledgers) => ledgers.flat());
    this.registerOutputs({ ledger: this.ledger });
  }

  /** What the stack exports: where everything is, and the ledger. */
  get outputs(): Record<string, unknown> {
    const { cvat, clearml, ledger } = this;
    return {
      ...(cvat && {
        cvat: {
          url: cvat.url,
          analyticsUrl: cvat.analyticsUrl,
          namespace: cvat.namespace,
          versions: cvat.versions,
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
      ledger,
      // Of its own: an output with one secret inside is hidden whole.
      secrets: pulumi.secret(clearml ? { clearml: clearml.credentials } : {}),
    };
  }
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
    storageClass: config.storageClass,
    ingressClass: config.ingressClass,
    readyTimeoutMs: millisecondsOf(config.readyTimeout),
  };
}

/** The charts a lab installs, by name and version. */
export function chartsOf({ cvat, clearml }: LabConfig): { name: string; version: string }[] {
  return [
    ...(cvat.enabled ? [{ name: "cvat", ...installedVersions(CVAT_VERSIONS, cvatWish(cvat)) }] : []),
    ...(clearml.enabled ? [{ name: "clearml", ...installedVersions(CLEARML_VERSIONS, clearmlWish(clearml)) }] : []),
  ].map(({ name, parts }) => ({ name, version: parts.chart }));
}

function chartOf(charts: VisionPlatformArgs["charts"], name: string): ChartSource {
  const chart = charts[name];
  if (chart === undefined) throw new Error(`no chart was resolved for ${name}`);
  return chart;
}
