import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { fromMirror } from "../charts/from-mirror.ts";
import type { EdgePlan } from "../edge/route.ts";
import type { Mirror } from "../images/mirror.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import type { Expectation } from "../readiness/expectation.ts";
import { Gate } from "../readiness/resource.ts";
import { SSO_OBJECTS } from "./names.ts";
import type { PodStamps } from "./pods.ts";
import { proxyDeployment, proxyFiles, proxyLabels, proxyService } from "./proxy/objects.ts";
import { SsoSecrets } from "./secrets.ts";
import { SESSIONS_FILE, sessionsConfiguration } from "./sessions/configuration.ts";
import { sessionsDeployment, sessionsLabels, sessionsService } from "./sessions/objects.ts";
import { signOutPath } from "./sign-out.ts";
import type { SsoConfig } from "./sso-config.ts";

export interface SsoArgs {
  config: SsoConfig;
  /** Host name by which people come to CVAT. */
  host: string;
  /** CVAT's namespace. */
  namespace: pulumi.Input<string>;
  cluster: Cluster;
  /** The client's secret, as the issuer has it. */
  clientSecret: pulumi.Input<string>;
  /** What the proxy passes on itself. Default: nothing, the edge asks it beside each call. */
  passedOn?: EdgePlan | undefined;
  /** Registry that images are taken from. Default: each from where it is published. */
  mirror?: Mirror | undefined;
}

/**
 * Sign-in: OAuth2 Proxy, which asks the issuer who somebody is, and a Redis that has its sessions. It answers the edge's question whether
 * somebody may pass, and hands over his ID token. All of it goes when it is taken out; nothing of it is data.
 */
export class Sso extends pulumi.ComponentResource {
  /** Resolves when the proxy answers, with its sessions and the issuer behind it. */
  readonly ready: pulumi.Output<void>;
  /** Path at CVAT's host by which people sign out. */
  readonly signOutPath: string;

  constructor(
    name: string,
    { config, host, namespace, cluster, clientSecret, passedOn, mirror }: SsoArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("vision-platform:sso:Sso", name, {}, opts);
    const place: Placed = { name, namespace, cluster, mirror, opts: { parent: this, provider: cluster.provider } };
    const secrets = new SsoSecrets(name, { config, namespace, clientSecret }, place.opts);
    const sessions = workload(place, {
      part: "sessions",
      title: "Sign-in's sessions",
      labels: sessionsLabels,
      files: { [SESSIONS_FILE]: sessionsConfiguration(config) },
      secrets: secrets.ofSessions,
      deployment: (stamps) => sessionsDeployment(config, stamps),
      service: sessionsService(),
      dependsOn: [secrets.object],
    });
    const proxy = workload(place, {
      part: "proxy",
      title: "Sign-in",
      labels: proxyLabels,
      files: proxyFiles(config, host, passedOn),
      secrets: secrets.ofProxy,
      deployment: (stamps) => proxyDeployment(config, stamps),
      service: proxyService(),
      // It ends when it does not find them, and each time it is started again later.
      dependsOn: [secrets.object, sessions],
      hint: `It asks ${config.issuer} when it starts: see whether pods reach that by this name, and trust its certificate (vision-platform:sso.issuerCa).`,
    });
    this.ready = proxy.ready;
    this.signOutPath = signOutPath(config, host);
    this.registerOutputs({ ready: this.ready });
  }
}

interface Placed {
  name: string;
  namespace: pulumi.Input<string>;
  cluster: Cluster;
  mirror: Mirror | undefined;
  opts: pulumi.CustomResourceOptions;
}

interface Part {
  part: "proxy" | "sessions";
  /** What is waited for, by the name a person knows it by. */
  title: string;
  labels: Record<string, string>;
  /** Its ConfigMap. */
  files: Record<string, string>;
  /** Changes with the secrets it reads. */
  secrets: pulumi.Output<string>;
  deployment: (stamps: PodStamps) => k8s.types.input.apps.v1.DeploymentSpec;
  service: k8s.types.input.core.v1.ServiceSpec;
  dependsOn: pulumi.Resource[];
  /** More to say where the wait fails. Default: nothing. */
  hint?: string;
}

/** Waited for by the gate, which tells why it is stuck. */
const NOT_AWAITED = { "pulumi.com/skipAwait": "true" };

/** A Deployment with its configuration and its Service, and the wait until it is ready. */
function workload({ name, namespace, cluster, mirror, opts }: Placed, { part, labels, files, ...rest }: Part): Gate {
  const { title, secrets, deployment, service, dependsOn, hint } = rest;
  const id = `${name}-${part}`;
  const metadata = { name: SSO_OBJECTS[part], namespace, labels };
  const map = new k8s.core.v1.ConfigMap(`${id}-files`, { metadata, data: files }, opts);
  const configuration = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  const spec = pulumi.unsecret(secrets).apply((stamp) => {
    const made = deployment({ configuration, secrets: stamp });
    // The Secret to pull by is CVAT's chart's, in the same namespace.
    if (mirror) fromMirror({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: id }, spec: made }, mirror);
    return made;
  });
  const awaitedHere = { ...metadata, annotations: NOT_AWAITED };
  const pods = new k8s.apps.v1.Deployment(
    id,
    { metadata: awaitedHere, spec },
    { ...opts, dependsOn: [map, ...dependsOn] },
  );
  const way = new k8s.core.v1.Service(`${id}-service`, { metadata: awaitedHere, spec: service }, opts);
  const expectation: Expectation = {
    kind: "Deployment",
    name: SSO_OBJECTS[part],
    stage: part === "sessions" ? "databases" : "server",
  };
  return new Gate(
    `${id}-ready`,
    {
      title,
      cluster,
      namespace,
      expectations: [expectation],
      // With the UID, so that what was removed by hand and is made again is waited for again.
      rendered: pulumi.all([spec, pods.metadata.uid]).apply((all) => JSON.stringify(all)),
      ...(hint !== undefined && { hint }),
    },
    { parent: opts.parent, dependsOn: [pods, way] },
  );
}
