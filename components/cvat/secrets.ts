import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { GeneratedText } from "../secrets/generated.ts";
import type { CvatConfig } from "./config.ts";
import { DATABASE, SECRETS } from "./names.ts";
import { registryCredentials } from "./registry.ts";

const PASSWORD_LENGTH = 32;

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
    { config, namespace }: { config: CvatConfig; namespace: pulumi.Input<string> },
    opts: pulumi.CustomResourceOptions,
  ) {
    const { secrets, analytics, nuclio } = config;
    const made = (what: string) =>
      new GeneratedText(`${name}-${what}-password`, { length: PASSWORD_LENGTH }, { parent: opts.parent }).value;
    const secret = (
      part: keyof typeof SECRETS,
      stringData: Record<string, pulumi.Input<string>>,
      { type = "Opaque", ...extra }: SecretOptions = {},
    ) => {
      const inputs = { type, metadata: { name: SECRETS[part], namespace }, stringData };
      this.objects.push(new k8s.core.v1.Secret(`${name}-secret-${part}`, inputs, { ...opts, ...extra }));
    };

    secret(
      "postgresql",
      {
        database: DATABASE.name,
        username: DATABASE.user,
        password: secrets.postgresql ?? made("postgresql"),
        "postgres-password": made("postgresql-admin"),
        "replication-password": made("postgresql-replication"),
      },
      // The database keeps the password it was made with, and its claim is retained: so is what opens it. Our own destroy keeps the
      // generated text in the stack; a plain `pulumi destroy` does not, and then the password is left in this Secret alone, to be given
      // to the next stack as `secrets.postgresql`.
      { retainOnDelete: true },
    );
    secret("redis", { password: secrets.redis ?? made("redis") });
    secret("kvrocks", { password: secrets.kvrocks ?? made("kvrocks") });
    this.clickhousePassword = secrets.clickhouse ?? (analytics.enabled ? made("clickhouse") : pulumi.output(""));
    if (analytics.enabled)
      secret("grafana", { "admin-user": "admin", "admin-password": secrets.grafana ?? made("grafana") });

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
}
