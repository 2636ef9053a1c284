import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { roleAndDatabase } from "./external-config.ts";
import { EXTERNAL } from "./names.ts";
import { postgresqlCertificates, postgresqlPod } from "./postgresql-pod.ts";
import { registerDatabase, type ExternalArgs, type ExternalService } from "./database.ts";

/** CVAT's role and database in a PostgreSQL that somebody else runs. What was made there outlives the stack, as a volume does. */
export function externalPostgresql(
  name: string,
  args: ExternalArgs,
  opts: pulumi.CustomResourceOptions,
): ExternalService {
  const { config } = args.plan;
  const { external } = config.postgresql;
  if (external === undefined) return { objects: [], texts: {} };
  const certificates = postgresqlCertificates(external);
  const metadata = certificates && { name: certificates.name, namespace: args.namespace };
  const before =
    certificates === undefined
      ? []
      : [new k8s.core.v1.ConfigMap(`${name}-external-postgresql-ca`, { metadata, data: certificates.data }, opts)];
  return registerDatabase(
    `${name}-external-postgresql`,
    {
      ...args,
      external,
      before,
      keeper: "PostgreSQL",
      key: "vision-platform:cvat.secrets.postgresql",
      given: config.secrets.postgresql,
      secret: EXTERNAL.postgresqlSecret,
      beside: roleAndDatabase(external),
      pod: postgresqlPod(external),
      failed:
        "CVAT's role and database in PostgreSQL (vision-platform:cvat.postgresql.external) are not as they must be",
    },
    opts,
  );
}
