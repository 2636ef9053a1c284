/** Names of objects of the chart that something else here refers to. (inventory/cvat-2.64.0.json) */
export const CHART_OBJECTS = {
  ingress: "cvat",
  analyticsIngress: "cvat-analytics",
  server: "cvat-backend-service",
  /** Deployment of the pods behind that Service. */
  serverDeployment: "cvat-backend-server",
  serverPort: 8080,
  /** The web pages. */
  frontend: "cvat-frontend-service",
  frontendPort: 8000,
  grafana: "cvat-grafana",
  grafanaPort: 80,
  /** Job that migrates the database. Its number is the release's, and each render is the first. */
  initializer: "cvat-backend-initializer-r1",
  clickhouse: "cvat-clickhouse",
  /** StatefulSets of the databases. */
  redis: "cvat-redis-master",
  kvrocks: "cvat-kvrocks",
  clickhouseShard: "cvat-clickhouse-shard0",
  /** Claim of uploads and films. */
  dataClaim: "cvat-backend-data",
  /** Claim of the cache, as its StatefulSet's template has it: without the number of the pod. */
  kvrocksClaim: "cvat-kvrocks-data-cvat-kvrocks",
  /** Secret with CLICKHOUSE_HOST, _PORT, _DB, _USER and _PASSWORD. The chart always makes it itself, and makes it immutable. */
  clickhouseSecret: "cvat-analytics-secret",
} as const;

/** Secrets we make in the chart's place, under the names the chart would give them, so that an older installation's are taken over. */
export const SECRETS = {
  postgresql: "cvat-postgres-secret",
  redis: "cvat-redis-secret",
  kvrocks: "cvat-kvrocks-secret",
  grafana: "cvat-grafana-admin",
  registry: "cvat-nuclio-registry",
} as const;

/**
 * What starts Python in the image of CVAT's server: its environment has `python` too, but a machine that rehearses the pods may have this name
 * alone. (cvat: Dockerfile, `python3 -m venv`; Debian has no `python`)
 */
export const PYTHON = "python3";

/** User and database of CVAT in PostgreSQL and in ClickHouse. */
export const DATABASE = { name: "cvat", user: "cvat" } as const;

/** Name of the Job that makes CVAT's users, and of the Secret and the ConfigMap it reads. */
export const USERS = "cvat-users";
