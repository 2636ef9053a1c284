/** Who takes part in the ways. */
export interface Party {
  /** What a person calls it. */
  what: string;
  /** Names of the workloads whose pods it is. Undefined: none of the lab's own. */
  pods?: RegExp;
}

/** The pods of functions, which Nuclio's controller makes: no chart renders them. (nuclio.md, 2c) */
export const FUNCTION_PODS = {
  name: "cvat-functions",
  labels: { "nuclio.io/class": "function" },
  /** Port of a function's trigger. */
  port: 8080,
} as const;

/** Everybody between whom a way may lead. A workload of a chart that none of them names fails a test. */
export const PARTIES = {
  server: { what: "CVAT's server", pods: /^cvat-backend-server$/ },
  workers: { what: "CVAT's workers", pods: /^cvat-backend-worker-/ },
  annotation: { what: "CVAT's worker for annotation", pods: /^cvat-backend-worker-annotation$/ },
  jobs: { what: "Jobs that prepare CVAT", pods: /^cvat-(backend-initializer|users|init)\b/ },
  frontend: { what: "CVAT's pages", pods: /^cvat-frontend$/ },
  opa: { what: "OPA", pods: /^cvat-opa$/ },
  postgresql: { what: "PostgreSQL", pods: /^cvat-postgresql$/ },
  queues: { what: "Redis of the queues", pods: /^cvat-redis-master$/ },
  cache: { what: "Kvrocks", pods: /^cvat-kvrocks$/ },
  clickhouse: { what: "ClickHouse", pods: /^cvat-clickhouse-shard\d+$/ },
  vector: { what: "Vector", pods: /^cvat-vector$/ },
  grafana: { what: "Grafana", pods: /^cvat-grafana$/ },
  clickhouseInit: { what: "the Job that makes ClickHouse's table", pods: /^cvat-clickhouse-init$/ },
  postgresqlJob: { what: "the Job that makes CVAT's database", pods: /^cvat-postgresql-database$/ },
  clickhouseJob: { what: "the Job that makes ClickHouse's database", pods: /^cvat-clickhouse-database$/ },
  certificateCopy: { what: "the Job that copies a certificate", pods: /^cvat-certificate-copy$/ },
  dashboard: { what: "Nuclio's dashboard", pods: /^cvat-nuclio-dashboard$/ },
  controller: { what: "Nuclio's controller", pods: /^cvat-nuclio-controller$/ },
  functions: { what: "functions", pods: /^cvat-functions$/ },
  builders: { what: "pods that build functions (kaniko)" },
  proxy: { what: "the proxy of sign-in", pods: /^cvat-sso-proxy$/ },
  sessions: { what: "Redis of sign-in", pods: /^cvat-sso-sessions$/ },
  clearmlApi: { what: "ClearML's API server", pods: /^clearml-apiserver$/ },
  clearmlDeleter: { what: "ClearML's deletion of files", pods: /^clearml-apiserver-asyncdelete$/ },
  clearmlFiles: { what: "ClearML's file server", pods: /^clearml-fileserver$/ },
  clearmlWeb: { what: "ClearML's pages", pods: /^clearml-webserver$/ },
  mongodb: { what: "MongoDB", pods: /^clearml-mongodb$/ },
  elasticsearch: { what: "Elasticsearch", pods: /^clearml-elastic-master$/ },
  clearmlRedis: { what: "ClearML's Redis", pods: /^clearml-redis-master$/ },
  agent: { what: "ClearML's agent", pods: /^clearml-agent$/ },
  backups: { what: "pods of backups", pods: /^backup-/ },
  postgresqlBackup: { what: "the dump of PostgreSQL", pods: /^backup-postgresql$/ },
  mongodbBackup: { what: "the dump of MongoDB", pods: /^backup-mongodb$/ },
  edge: { what: "the edge (Traefik)" },
  anybody: { what: "anybody" },
  apiServer: { what: "the Kubernetes API server" },
  dns: { what: "DNS of the cluster" },
  store: { what: "the object store" },
  storeOfPeople: { what: "the object store, as people reach it" },
  allowed: { what: "addresses that the stack file lets CVAT reach" },
  alsoTo: { what: "`network.alsoTo`" },
  sources: { what: "sources of functions" },
  issuer: { what: "the issuer of sign-in" },
  notified: { what: "public addresses, where `backup.notify.url` is set" },
  internet: { what: "public addresses" },
} as const satisfies Record<string, Party>;

export type PartyName = keyof typeof PARTIES;

export const PARTY_NAMES = Object.keys(PARTIES) as PartyName[];

/** The parties that a workload belongs to. */
export function partiesOf(workload: string): PartyName[] {
  return PARTY_NAMES.filter((name) => (PARTIES[name] as Party).pods?.test(workload) === true);
}

/** Those that have pods of the lab, each of which is closed but for its ways. */
export const OF_THE_LAB = PARTY_NAMES.filter((name) => (PARTIES[name] as Party).pods !== undefined);
