import type { Job, Task } from "../../../components/cvat/client/types.ts";
import type { CvatSpace } from "../cvat/space.ts";

/** The ground truth of a task, and what its newest report says. */
export interface Quality {
  task: string;
  job: number;
  frames: number;
  /** Undefined: there is none. */
  report: { date: string; accuracy: number; precision: number; recall: number; conflicts: number } | undefined;
}

interface Report {
  created_date: string;
  target: string;
  task_id: number | null;
  summary: { accuracy: number; precision: number; recall: number; conflict_count: number };
}

/** Of each task that has a ground-truth job. (cvat-real-third-look.md 6.5, 6.6) */
export async function qualityOf(
  { client, organization }: CvatSpace,
  tasks: readonly Task[],
  jobs: readonly Job[],
): Promise<Quality[]> {
  const found: Quality[] = [];
  for (const { id, task_id, frame_count } of jobs.filter(({ type }) => type === "ground_truth")) {
    const query = { task_id, target: "task", page_size: 10 };
    const { results } = await client.get<{ results: Report[] }>("quality/reports", { organization, query });
    const [newest] = results
      .filter((report) => report.task_id === task_id && report.target === "task")
      .sort((one, other) => other.created_date.localeCompare(one.created_date));
    const { accuracy = 0, precision = 0, recall = 0, conflict_count = 0 } = newest?.summary ?? {};
    found.push({
      task: tasks.find((task) => task.id === task_id)?.name ?? `#${task_id}`,
      job: id,
      frames: frame_count,
      report: newest && { date: newest.created_date, accuracy, precision, recall, conflicts: conflict_count },
    });
  }
  return found;
}
