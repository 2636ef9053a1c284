import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { PostgresqlExternal } from "./external-config.ts";
import { EXTERNAL } from "./names.ts";
import type { ScriptPod } from "./script-job.ts";

/**
 * What CVAT runs on, as the server counts. Django 4.2, which CVAT 2.39 to 2.64 is made with, takes PostgreSQL 12 and later; CVAT's own is 15.
 * (docs.djangoproject.com, 4.2: databases; cvat/requirements/base.txt and helm-chart/values.yaml of 2.64.0)
 */
export const MINIMUM_VERSION = 120_000;

const FOLDER = "/etc/vision-platform/postgresql";
const CA_KEY = "ca.crt";

const SCRIPT = readFileSync(new URL("./postgresql.py", import.meta.url), "utf8");

/** Secret with `username`, `password` and `database` of CVAT's role. */
export const postgresqlSecret = ({ existingSecret }: PostgresqlExternal) => existingSecret ?? EXTERNAL.postgresqlSecret;

/** ConfigMap with the certificates: another one for others, so that what mounts it starts anew with them. */
export function postgresqlCertificates({ tls }: PostgresqlExternal) {
  if (tls?.ca === undefined) return undefined;
  const digest = createHash("sha256").update(tls.ca).digest("hex").slice(0, 8);
  return { name: `cvat-postgresql-ca-${digest}`, data: { [CA_KEY]: tls.ca } };
}

/** What libpq reads of its environment, in CVAT's pods as in the Job. (postgresql.org: libpq, environment variables) */
export function tlsVariables({ tls }: PostgresqlExternal): Record<string, string> {
  if (tls === undefined) return {};
  return { PGSSLMODE: tls.mode, ...(tls.ca !== undefined && { PGSSLROOTCERT: `${FOLDER}/${CA_KEY}` }) };
}

/** Volume and mount of a pod that asks for the certificates; undefined where there are none. */
export function tlsVolume(external: PostgresqlExternal) {
  const certificates = postgresqlCertificates(external);
  if (certificates === undefined) return undefined;
  const name = "postgresql-ca";
  return {
    volume: { name, configMap: { name: certificates.name } },
    mount: { name, mountPath: FOLDER, readOnly: true },
  };
}

/** The pod that makes CVAT's role and database, or looks at them. Variable OWNER, by which it knows its own role again, is the stack's. */
export function postgresqlPod(external: PostgresqlExternal): ScriptPod {
  const { host, port, admin } = external;
  const secret = postgresqlSecret(external);
  const certificates = postgresqlCertificates(external);
  return {
    name: EXTERNAL.postgresqlJob,
    script: SCRIPT,
    environment: {
      PGHOST: host,
      PGPORT: String(port),
      ...tlsVariables(external),
      MINIMUM_VERSION: String(MINIMUM_VERSION),
      CVAT_USERNAME: { secret, key: "username" },
      CVAT_PASSWORD: { secret, key: "password" },
      CVAT_DATABASE: { secret, key: "database" },
      ...(admin && {
        ADMIN_DATABASE: admin.database,
        ADMIN_USERNAME: { secret: admin.existingSecret, key: "username" },
        ADMIN_PASSWORD: { secret: admin.existingSecret, key: "password" },
      }),
    },
    certificates: certificates && { configMap: certificates.name, folder: FOLDER },
  };
}
