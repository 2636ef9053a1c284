import type { Workload } from "../charts/workloads.ts";
import { copiedCertificate } from "./certificate/copied.ts";
import { COPY_JOB } from "./certificate/copy-pod.ts";
import { CLICKHOUSE_INIT, needsClickhouseInit } from "./clickhouse-init.ts";
import { EXTERNAL } from "./external/names.ts";
import { USERS } from "./names.ts";
import type { CvatPlan } from "./plan.ts";

/** The pods of Jobs that stand beside CVAT's chart. Nobody calls them. */
export function ownPods({ config, versions }: Pick<CvatPlan, "config" | "versions">): Workload[] {
  const { namespace, postgresql, analytics } = config;
  const isEmptyTable = needsClickhouseInit(versions.version, versions.parts.chart);
  const names = [
    USERS,
    ...(copiedCertificate(config) ? [COPY_JOB] : []),
    ...(postgresql.external ? [EXTERNAL.postgresqlJob] : []),
    ...(analytics.enabled && analytics.clickhouse.external ? [EXTERNAL.clickhouseJob] : []),
    ...(analytics.enabled && isEmptyTable ? [CLICKHOUSE_INIT] : []),
  ];
  return names.map((name) => ({ namespace, name, labels: { app: name }, ports: [] }));
}
