/** The order in which a component becomes ready. Claims and addresses are known by their kind; workloads by a table of the component. */
export const STAGES = ["claims", "databases", "server", "workers", "addresses"] as const;
export type Stage = (typeof STAGES)[number];

/** Says in which stage workloads of one chart are waited for. The first row that fits counts; a workload without a row is a worker. */
export interface StageRow {
  stage: "databases" | "server" | "workers";
  /** Name of the Deployment, StatefulSet or Job. */
  name: RegExp;
}
