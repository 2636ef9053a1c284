/** Objects beside the chart for services that somebody else runs. Secrets that the stack makes, where none is named. */
export const EXTERNAL = {
  /** Another than the own database's: that one opens the claim that is left behind. */
  postgresqlSecret: "cvat-external-postgresql",
  clickhouseSecret: "cvat-external-clickhouse",
  /** Jobs, each with the ConfigMap of its script. */
  postgresqlJob: "cvat-postgresql-database",
  clickhouseJob: "cvat-clickhouse-database",
} as const;
