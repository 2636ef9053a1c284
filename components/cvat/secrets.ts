import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf } from "../kubernetes/cluster.ts";
import { OwnResource } from "../records/resource.ts";
import { GeneratedText, PASSWORD_LENGTH } from "../secrets/generated.ts";
import { restartedReaders } from "../secrets/readers.ts";
import { CHART_OBJECTS, DATABASE, SECRETS } from "./names.ts";
import { registryCredentials } from "../images/registry-credentials.ts";
import type { ExternalArgs } from "./external/database.ts";
import { externalClickhouse } from "./external/clickhouse.ts";
import { externalPostgresql } from "./external/postgresql.ts";

/** CVAT's passwords: given by the stack or made once, in Kubernetes Secrets that the chart takes by name. */
export class CvatSecrets {
  /** The Secrets, for the chart to wait for. */
  readonly objects: pulumi.Resource[] = [];
  /** ClickHouse's password, which the chart puts into a Secret of its own. Undefined where there is none of the chart's. */
  readonly clickhousePassword: pulumi.Output<string> | undefined;
  /** Secret with the registry's credentials, if Nuclio has a registry that asks for them. */
  readonly registrySecret: string | undefined;

  constructor(name: string, args: ExternalArgs, opts: pulumi.CustomResourceOptions) {
    const { plan, namespace, cluster } = args;
    const { config } = plan;
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

    const isOwn = config.postgresql.external === undefined;
    // Made for an external one too: who goes back opens his claim with it.
    const postgresql = (isOwn ? secrets.postgresql : undefined) ?? made("postgresql");
    const admin = made("postgresql-admin");
    const replication = made("postgresql-replication");
    const grafana = analytics.enabled ? (secrets.grafana ?? made("grafana")) : undefined;
    const kept = new OwnResource(
      `${name}-kept-passwords`,
      "secrets:KeptPasswords",
      {
        connection: placeOf(cluster, namespace),
        kept: pulumi.secret([
          ...(isOwn ? [{ ...keeper("postgresql"), password: postgresql }] : []),
          ...(grafana === undefined ? [] : [{ ...keeper("grafana"), password: grafana }]),
        ]),
      },
      [],
      { parent: opts.parent },
    );
    const texts: Record<string, pulumi.Input<string>> = {};
    const rotations: Record<string, string> = {};
    if (isOwn) {
      secret(
        "postgresql",
        {
          database: DATABASE.name,
          username: DATABASE.user,
          password: postgresql,
          "postgres-password": admin,
          "replication-password": replication,
        },
        // The database keeps the password it was made with, and its claim is retained: so is what opens it. Our own destroy keeps the
        // generated text in the stack; a plain `pulumi destroy` does not, and then the password is left in this Secret alone, to be given
        // to the next stack as `secrets.postgresql`.
        { retainOnDelete: true, dependsOn: kept },
      );
      texts[SECRETS.postgresql] = postgresql;
    }
    for (const part of ["redis", "kvrocks"] as const) {
      const { external } = config[part];
      if (external?.existingSecret !== undefined) {
        // The two may stand in one Secret.
        rotations[external.existingSecret] = `${rotations[external.existingSecret] ?? ""} ${external.rotation}`;
        continue;
      }
      const password = secrets[part] ?? made(part);
      secret(part, { password });
      texts[SECRETS[part]] = password;
    }
    for (const external of [externalPostgresql, externalClickhouse]) {
      const service = external(name, args, opts);
      this.objects.push(...service.objects);
      Object.assign(texts, service.texts);
    }
    // Before the chart: what the chart starts anew must find the databases with the password that it reads.
    this.objects.push(
      restartedReaders(
        `${name}-restart-after-passwords`,
        { cluster, namespace, texts: { ...rotations, ...texts }, stores: [CHART_OBJECTS.redis, CHART_OBJECTS.kvrocks] },
        { parent: opts.parent, dependsOn: [...this.objects] },
      ),
    );
    const ownClickhouse = analytics.enabled && analytics.clickhouse.external === undefined;
    this.clickhousePassword = ownClickhouse ? (secrets.clickhouse ?? made("clickhouse")) : undefined;
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
