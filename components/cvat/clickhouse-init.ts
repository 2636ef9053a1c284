import semver from "semver";
import { RESTRICTED_CONTAINER } from "../kubernetes/pod-security.ts";
import { CHART_OBJECTS } from "./names.ts";

/** Name of the Job. */
export const CLICKHOUSE_INIT = "cvat-clickhouse-init";

/** The image that every CVAT chart from 0.17.1 on runs ClickHouse with. */
const IMAGE = "public.ecr.aws/b8u7h5e8/clickhouse:23.12.2-debian-11-r0";

/** Columns of CVAT's table of events, which server and Vector write to. (components/analytics/clickhouse/init.py of v2.48.1) */
const EVENT_COLUMNS: Record<string, string> = {
  scope: "String",
  obj_name: "Nullable(String)",
  obj_id: "Nullable(UInt64)",
  obj_val: "Nullable(String)",
  source: "String",
  timestamp: "DateTime64(3, 'Etc/UTC')",
  count: "Nullable(UInt16)",
  duration: "UInt32 DEFAULT toUInt32(0)",
  project_id: "Nullable(UInt64)",
  task_id: "Nullable(UInt64)",
  job_id: "Nullable(UInt64)",
  user_id: "Nullable(UInt64)",
  user_name: "Nullable(String)",
  user_email: "Nullable(String)",
  org_id: "Nullable(UInt64)",
  org_slug: "Nullable(String)",
  payload: "Nullable(String)",
  access_token_id: "Nullable(UInt64) DEFAULT NULL",
};

/**
 * Whether nothing else makes ClickHouse's database and table: the server's image does since 2.45.0, charts before 0.16.0 did on an
 * empty volume. In between nobody does. (cvat-ai/cvat#9689)
 */
export function needsClickhouseInit(server: string, chart: string): boolean {
  return semver.lt(server, "2.45.0") && semver.gte(chart, "0.16.0");
}

/** Statements that may run any number of times. The last one is for a table made by an older recipe. */
export function clickhouseSchema(database: string): string {
  const columns = Object.entries(EVENT_COLUMNS).map(([name, type]) => `  ${name} ${type}`);
  return [
    `CREATE DATABASE IF NOT EXISTS ${database};`,
    `CREATE TABLE IF NOT EXISTS ${database}.events (\n${columns.join(",\n")}\n)`,
    "ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp) ORDER BY timestamp SETTINGS index_granularity = 8192;",
    `ALTER TABLE ${database}.events ADD COLUMN IF NOT EXISTS access_token_id ${EVENT_COLUMNS.access_token_id ?? ""};`,
  ].join("\n");
}

/** How long the Job tries, in seconds. ClickHouse is ready when it starts; this is for a slow restart. */
const PATIENCE = 600;

// The client takes user and password from the environment, so they stand in no command line. (ClickHouse#48440)
const SCRIPT = `until printf '%s' "$SCHEMA" | clickhouse-client --host "$CLICKHOUSE_HOST" --multiquery; do
  echo "ClickHouse does not take the schema yet; trying again in 5 s"
  sleep 5
done`;

/** A Job that makes CVAT's ClickHouse database and table, for images that do not. */
export function clickhouseInitJob(namespace: string) {
  const labels = { app: CLICKHOUSE_INIT };
  return {
    metadata: {
      name: CLICKHOUSE_INIT,
      namespace,
      labels,
      // Replaced as the chart's Jobs are: see components/charts/handling.ts.
      annotations: { "pulumi.com/deletionPropagationPolicy": "background" },
    },
    spec: {
      activeDeadlineSeconds: PATIENCE,
      backoffLimit: 3,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "OnFailure",
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 1001, runAsGroup: 1001 },
          containers: [
            {
              name: "clickhouse-client",
              image: IMAGE,
              command: ["/bin/bash", "-ec", SCRIPT],
              securityContext: RESTRICTED_CONTAINER,
              env: [
                ...["HOST", "DB", "USER", "PASSWORD"].map((part) => fromSecret(`CLICKHOUSE_${part}`)),
                // Kubernetes puts the database's name in.
                { name: "SCHEMA", value: clickhouseSchema("$(CLICKHOUSE_DB)") },
              ],
            },
          ],
        },
      },
    },
  };
}

function fromSecret(key: string) {
  return { name: key, valueFrom: { secretKeyRef: { name: CHART_OBJECTS.clickhouseSecret, key } } };
}
