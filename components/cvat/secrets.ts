import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../kubernetes/cluster.ts";
import { OwnResource } from "../records/resource.ts";
import { GeneratedText, PASSWORD_LENGTH } from "../secrets/generated.ts";
import { restartedReaders } from "../secrets/readers.ts";
import type { CvatConfig } from "./cvat-config.ts";
import { CHART_OBJECTS, DATABASE, SECRETS } from "./names.ts";
import { registryCredentials } from "../images/registry-credentials.ts";

/** CVAT's passwords: given by the stack or made once, in Kubernetes Secrets that the chart takes by name. */
export class CvatSecrets {
  /** The Secrets, for the chart to wait for. */
  readonly objects: pulumi.Resource[] = [];
  /** ClickHouse's password: the chart puts it into a Secret of its own. */
  readonly clickhousePassword: pulumi.Output<string>;
  /** Secret with the registry's credentials, if Nuclio has a registry that asks for them. */
  readonly registrySecret: string | undefined;

  constructor(
    name: string,
    { config, namespace, cluster }: { config: CvatConfig; namespace: pulumi.Input<string>; cluster: Cluster },
    opts: pulumi.CustomResourceOptions,
  ) {
    const { secrets, analytics, nuclio } = config;
    const made = (what: string) =>
      new GeneratedText(`${name}-${what}-password`, { length: PASSWORD_LENGTH.handedOver }, { parent: opts.parent })
        .value;
    const secret = (
      part: keyof typeof SECRETS,
      stringData: Record<string, pulumi.Input<string>>,
      { type = "Opaque", ...extra }: SecretOptions = {},
    ) => {
      const inputs = { type, metadata: { name: SECRETS[part], namespace }, stringData };
      this.objects.push(new k8s.core.v1.Secret(`${name}-secret-${part}`, inputs, { ...opts, ...extra }));
    };

    const postgresql = secrets.postgresql ?? made("postgresql");
    const grafana = analytics.enabled ? (secrets.grafana ?? made("grafana")) : undefined;
    const kept = new OwnResource(
      `${name}-kept-passwords`,
      "secrets:KeptPasswords",
      {
        connection: placeOf(cluster, namespace),
        kept: pulumi.secret([
          { ...keeper("postgresql"), password: postgresql },
          ...(grafana === undefined ? [] : [{ ...keeper("grafana"), password: grafana }]),
        ]),
      },
      [],
      { parent: opts.parent },
    );
    secret(
      "postgresql",
      {
        database: DATABASE.name,
        username: DATABASE.user,
        password: postgresql,
        "postgres-password": made("postgresql-admin"),
        "replication-password": made("postgresql-replication"),
      },
      // The database keeps the password it was made with, and its claim is retained: so is what opens it. Our own destroy keeps the
      // generated text in the stack; a plain `pulumi destroy` does not, and then the password is left in this Secret alone, to be given
      // to the next stack as `secrets.postgresql`.
      { retainOnDelete: true, dependsOn: kept },
    );
    const redis = secrets.redis ?? made("redis");
    secret("redis", { password: redis });
    const kvrocks = secrets.kvrocks ?? made("kvrocks");
    secret("kvrocks", { password: kvrocks });
    // Before the chart: what the chart starts anew must find the databases with the password that it reads.
    this.objects.push(
      restartedReaders(
        `${name}-restart-after-passwords`,
        {
          cluster,
          namespace,
          texts: { [SECRETS.postgresql]: postgresql, [SECRETS.redis]: redis, [SECRETS.kvrocks]: kvrocks },
          stores: [CHART_OBJECTS.redis, CHART_OBJECTS.kvrocks],
        },
        { parent: opts.parent, dependsOn: [...this.objects] },
      ),
    );
    this.clickhousePassword = secrets.clickhouse ?? (analytics.enabled ? made("clickhouse") : pulumi.output(""));
    if (grafana !== undefined)
      secret("grafana", { "admin-user": "admin", "admin-password": grafana }, { dependsOn: kept });

    const registry = nuclio.registry;
    this.registrySecret = registry?.existingSecret ?? (registry?.password && SECRETS.registry);
    if (registry?.username !== undefined && registry.password)
      secret(
        "registry",
        { ".dockerconfigjson": registryCredentials(registry.url, registry.username, registry.password) },
        { type: "kubernetes.io/dockerconfigjson" },
      );
  }
}

interface SecretOptions {
  type?: string;
  retainOnDelete?: boolean;
  dependsOn?: pulumi.Resource;
}

/** What keeps its password in its volume, and how it is changed there. Not tried on live servers. */
const KEEPERS = {
  postgresql: {
    keeper: "PostgreSQL",
    field: "password",
    command: `exec -it cvat-postgresql-0 -- psql -h 127.0.0.1 -U ${DATABASE.user} ${DATABASE.name} -c '\\password'`,
  },
  grafana: {
    keeper: "Grafana",
    field: "admin-password",
    command: "exec -it deploy/cvat-grafana -c grafana -- grafana cli admin reset-admin-password --password-from-stdin",
  },
} as const;

const keeper = (part: keyof typeof KEEPERS) => ({
  ...KEEPERS[part],
  secret: SECRETS[part],
  key: `vision-platform:cvat.secrets.${part}`,
});
