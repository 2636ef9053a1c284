import type { StoredJob } from "./store.ts";

/** What the old field `status` says of a job, by its stage and state. (engine/serializers.py, JobWriteSerializer.update) */
export function jobStatus({ status, stage, state }: StoredJob): string {
  if (status !== undefined) return status;
  if (stage === "annotation") return "annotation";
  return stage === "acceptance" && state === "completed" ? "completed" : "validation";
}

/** What it says of a task, by all of its jobs. (engine/signals.py) */
export function taskStatus(jobs: readonly StoredJob[]): string {
  const statuses = jobs.map(jobStatus);
  if (statuses.length === 0 || statuses.includes("annotation")) return "annotation";
  return statuses.includes("validation") ? "validation" : "completed";
}
