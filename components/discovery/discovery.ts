import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "../cvat/client/connection.ts";
import { keptToken } from "../cvat/tokens/kept-token.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import type { Surroundings } from "./dependencies.ts";
import type { DiscoveryConfig } from "./discovery-config.ts";
import { cliFile, environmentOf } from "./environment.ts";
import { ACCESS_SECRET, TOKEN_NAME } from "./names.ts";
import { serviceMap } from "./service.ts";

/** What is told of CVAT. */
export interface DiscoveredCvat {
  namespace: pulumi.Output<string>;
  url: pulumi.Output<string>;
  addressForPrograms: pulumi.Output<string>;
  analyticsUrl: pulumi.Output<string> | undefined;
  version: string;
  superuser: string;
  connectionAs: (username: string) => pulumi.Output<Connection>;
}

export interface DiscoveryArgs {
  config: DiscoveryConfig;
  cvat: DiscoveredCvat;
  surroundings: Surroundings;
  /** Client that people sign in by. Undefined: they sign in by CVAT's own passwords. */
  oidcClient: string | undefined;
  cluster: Cluster;
}

/**
 * What the platform around the lab learns of CVAT: a ConfigMap without a secret, a token of one user, and that token where notebooks are. Namespaces
 * of others that are not there get nothing, and hold nothing up.
 */
export class Discovery extends pulumi.ComponentResource {
  /** Namespaces of notebooks that have it now. */
  readonly notebooks: readonly string[];

  /** @param opts `dependsOn` CVAT */
  constructor(
    name: string,
    { config, cvat, surroundings, oidcClient, cluster }: DiscoveryArgs,
    { dependsOn, ...opts }: pulumi.ComponentResourceOptions,
  ) {
    super("vision-platform:discovery:Discovery", name, {}, opts);
    const child = { parent: this, provider: cluster.provider };
    const { token } = config;
    const there = config.notebooks.filter(({ namespace }) => cluster.prepared?.namespaces?.has(namespace) ?? true);
    this.notebooks = there.map(({ namespace }) => namespace);
    const told = pulumi
      .all([cvat.namespace, cvat.url, cvat.addressForPrograms, cvat.analyticsUrl])
      .apply(([namespace, people, programs, analytics]) =>
        serviceMap({
          ...{ config, surroundings, oidcClient, namespace, version: cvat.version },
          addresses: { people, programs, analytics },
        }),
      );
    const secrets: pulumi.Resource[] = [];
    if (token) {
      const { user, ...kept } = token;
      const owner = cvat.connectionAs(user);
      const value = keptToken(
        `${name}-token`,
        { owner, administrator: cvat.connectionAs(cvat.superuser), tokenName: TOKEN_NAME, token: kept },
        { parent: this, ...(dependsOn && { dependsOn }) },
      );
      const access = pulumi.all([cvat.addressForPrograms, value]).apply(([host, text]) => ({ host, token: text }));
      const facts = { username: user, readOnly: kept.readOnly, version: cvat.version };
      const environment = access.apply(environmentOf);
      const secret = (id: string, at: k8s.types.input.meta.v1.ObjectMeta, stringData: typeof environment) =>
        secrets.push(
          new k8s.core.v1.Secret(`${name}-${id}`, { metadata: at, stringData: pulumi.secret(stringData) }, child),
        );
      secret("access", { name: ACCESS_SECRET, namespace: cvat.namespace }, environment);
      for (const { namespace, secretName } of there) {
        secret(`${namespace}-${secretName}`, { name: secretName, namespace }, environment);
        secret(
          `${namespace}-${secretName}-cli`,
          { name: `${secretName}-cli`, namespace },
          access.apply((known) => cliFile(known, facts)),
        );
      }
    }
    // After what it names.
    const { metadata, data } = told;
    new k8s.core.v1.ConfigMap(`${name}-service`, { metadata, data }, { ...child, dependsOn: secrets });
    this.registerOutputs({ notebooks: this.notebooks });
  }
}
