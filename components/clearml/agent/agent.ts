import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ChartInstall, type ChartInstallArgs } from "../../charts/install.ts";
import type { LedgerRow } from "../../charts/ledger.ts";
import type { ChartSource } from "../../charts/source.ts";
import type { Workload } from "../../charts/workloads.ts";
import type { Cluster } from "../../kubernetes/cluster.ts";
import { keptNamespace } from "../../kubernetes/namespace.ts";
import { agentLabels } from "./namespace-labels.ts";
import { authorityMap } from "../../storage/authority-map.ts";
import { OwnResource } from "../../records/resource.ts";
import type { Mirror } from "../../images/mirror.ts";
import { ImageDelivery, type ImageDeliveryArgs } from "../../images/delivery.ts";
import type { ClearMl } from "../clearml.ts";
import type { Connection } from "../client/connection.ts";
import { agentConf, type ClearmlUrls, type S3Access } from "../conf.ts";
import type { ClearmlConfig } from "../clearml-config.ts";
import type { HoconFields } from "../hocon.ts";
import { httpUrl, SERVICES, urlInside } from "../names.ts";
import { digestOf } from "../secrets.ts";
import { agentFixes } from "./fixes.ts";
import { AGENT_RELEASE, AGENT_SECRETS, CREDENTIAL_KEYS } from "./names.ts";
import type { AgentPlan } from "./plan.ts";
import { agentValues } from "./values.ts";

export interface ClearMlAgentArgs {
  /** ClearML's own keys. */
  config: ClearmlConfig;
  plan: AgentPlan;
  /** The agent's chart. */
  chart: ChartSource;
  cluster: Cluster;
  server: ClearMl;
  /** Where images are taken from. Default: each from where it is published. */
  mirror?: Mirror | undefined;
  /** The object store as tasks use it. Left out: artifacts go to the file server. */
  s3?: pulumi.Input<S3Access>;
  /** Certificates of the store's private authority, PEM, for pods. Default: none. */
  s3Ca?: string | undefined;
  /** What carries its image to the nodes, where the stack says so. */
  delivery: Pick<ImageDeliveryArgs, "context" | "checkout">;
}

/** The agent that takes tasks from a queue and runs each in a pod of its own, and its queue. */
export class ClearMlAgent extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  /** Name of the queue it takes tasks from. */
  readonly queue: string;
  /** The image it runs. */
  readonly image: string;
  /** What became of each fix of the chart. */
  readonly ledger: pulumi.Output<LedgerRow[]>;
  /** Its pods, without those of tasks. */
  readonly workloads: pulumi.Output<Workload[]>;
  /** Names of NetworkPolicies that its chart brings. */
  readonly ownPolicies: pulumi.Output<string[]>;
  /** Resolves when the agent runs. */
  readonly ready: pulumi.Output<void>;

  constructor(name: string, args: ClearMlAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vision-platform:clearml:ClearMlAgent", name, {}, opts);
    const { config, plan, chart, cluster, server, delivery } = args;
    const agent = plan.config;
    const parts = { parent: this };
    const s3 = args.s3 === undefined ? undefined : pulumi.secret(args.s3);

    this.queue = agent.queue;
    this.image = plan.image;
    const image = new ImageDelivery(
      `${name}-image`,
      { ...delivery, config: agent.image.delivery, reference: this.image, access: cluster.access },
      parts,
    );
    const queue = new OwnResource(
      `${name}-queue`,
      "clearml:Queue",
      { name: agent.queue, connection: connectionTo(server, config.endpoint) },
      ["adopted"],
      parts,
    );

    const made = { ...parts, provider: cluster.provider };
    this.namespace = keptNamespace(`${name}-namespace`, agent.namespace, made, agentLabels(agent));
    const urls = urlsOfTasks(config);
    const credentials = credentialTexts(server, s3);
    const files: Texts = pulumi.output(s3).apply((access): Record<string, string> => ({
      "clearml.conf": agentConf({ urls, s3: access, over: agent.conf as HoconFields }),
    }));
    const secrets = registerSecrets(name, { credentials, files }, this.namespace, cluster, parts);

    const authority =
      args.s3Ca === undefined
        ? undefined
        : authorityMap(name, args.s3Ca, this.namespace, { ...parts, provider: cluster.provider });

    const digest = pulumi.all([digestOf([credentials, files], secrets), queue.id, image.nodes]).apply(([text]) => text);
    const chartArgs: ChartInstallArgs = {
      title: "ClearML's agent",
      chart,
      release: AGENT_RELEASE,
      namespace: this.namespace,
      values: agentValues({
        plan,
        urls,
        mirror: args.mirror,
        s3: s3 !== undefined,
        authority: authority?.metadata.name,
        digest: pulumi.secret(digest),
      }),
      fixes: agentFixes(plan.tasks.runtimeClass),
      stages: [{ stage: "workers", name: /^clearml-agent$/ }],
      mirror: args.mirror,
      cluster,
    };
    const installed = new ChartInstall(name, chartArgs, { ...parts, dependsOn: server });
    this.ledger = installed.ledger;
    this.workloads = installed.workloads;
    this.ownPolicies = installed.ownPolicies;
    this.ready = installed.ready;
    this.registerOutputs({ namespace: this.namespace, queue: this.queue, image: this.image });
  }
}

/**
 * The server as tasks reach it: by its names in the cluster. But the file server's address becomes part of the address of each file, which
 * browsers and laptops read too, so tasks have the one outside where it is given. (clearml-real.md A3)
 */
export function urlsOfTasks({ namespace, port, addresses }: ClearmlConfig): ClearmlUrls {
  const url = (service: string) => urlInside(service, namespace, port);
  const files = addresses.files === undefined ? url(SERVICES.files) : httpUrl(addresses.files, port);
  return { web: url(SERVICES.web), api: url(SERVICES.api), files };
}

/**
 * The queue is made with the agent's own pair: it may do what an agent must, and a pair the server does not take is found here and not by a
 * pod that starts again and again.
 */
function connectionTo(server: ClearMl, endpoint: string | undefined): pulumi.Output<Connection> {
  const connection = pulumi
    .all([endpoint ?? server.apiUrl, server.credentials, server.ready])
    .apply(([url, { agent }]): Connection => ({ endpoint: url, ...agent }));
  return pulumi.secret(connection);
}

type Texts = pulumi.Output<Record<string, string>>;

function credentialTexts(server: ClearMl, s3: pulumi.Output<S3Access> | undefined): Texts {
  const texts = pulumi.all([server.credentials, s3]).apply(([{ agent }, access]): Record<string, string> => ({
    [CREDENTIAL_KEYS.accessKey]: agent.accessKey,
    [CREDENTIAL_KEYS.secretKey]: agent.secretKey,
    ...(access && {
      [CREDENTIAL_KEYS.s3AccessKey]: access.accessKey,
      [CREDENTIAL_KEYS.s3SecretKey]: access.secretKey,
    }),
  }));
  return pulumi.secret(texts);
}

function registerSecrets(
  name: string,
  { credentials, files }: { credentials: Texts; files: Texts },
  namespace: pulumi.Input<string>,
  cluster: Cluster,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret[] {
  const secret = (suffix: keyof typeof AGENT_SECRETS, stringData: Texts) =>
    new k8s.core.v1.Secret(
      `${name}-${suffix}`,
      { metadata: { name: AGENT_SECRETS[suffix], namespace }, stringData },
      { ...opts, provider: cluster.provider },
    );
  return [secret("credentials", credentials), secret("configuration", files)];
}
