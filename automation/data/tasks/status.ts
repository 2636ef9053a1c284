import pc from "picocolors";
import type { Job, Project, Task } from "../../../components/cvat/client/types.ts";
import { textTable } from "../../report/table.ts";
import { shortened } from "./ls.ts";
import type { Quality } from "./quality.ts";

/** How far a job is, in the order of the work. `review`: somebody has to look at it, or to accept it. */
export const PHASES = ["new", "at work", "rejected", "review", "done"] as const;
export type Phase = (typeof PHASES)[number];

/** Jobs and frames by phase. */
export interface Share {
  name: string;
  jobs: number;
  frames: number;
  phases: Record<Phase, number>;
}

export interface ProjectStatus {
  project: string;
  frames: number;
  jobs: number;
  /** Frames of jobs that are done. */
  done: number;
  tasks: Share[];
  people: Share[];
  /** Jobs that wait for somebody to look at them. */
  review: { job: number; task: string; frames: string; assignee: string; stage: string; state: string }[];
  /** Tasks without pictures. */
  empty: string[];
  quality: Quality[];
}

/** (cvat-real-third-look.md 6.2) */
export function phaseOf({ stage, state }: Pick<Job, "stage" | "state">): Phase {
  if (stage === "acceptance" && state === "completed") return "done";
  if (state === "rejected") return "rejected";
  if (stage !== "annotation" || state === "completed") return "review";
  return state === "new" ? "new" : "at work";
}

export const NOBODY = "(nobody)";

/** What a project's tasks and jobs come to. Ground truth and replicas of consensus are no work of their own. */
export function statusOf(
  project: Project,
  tasks: readonly Task[],
  all: readonly Job[],
  quality: readonly Quality[],
): ProjectStatus {
  const jobs = all.filter(({ type }) => type === "annotation");
  const sorted = [...tasks].sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
  const people = [...new Set(jobs.map(assigneeOf))].sort(
    (one, other) => Number(one === NOBODY) - Number(other === NOBODY) || one.localeCompare(other),
  );
  return {
    project: project.name,
    frames: framesIn(jobs),
    jobs: jobs.length,
    done: framesIn(jobs.filter((job) => phaseOf(job) === "done")),
    tasks: sorted
      .filter(({ size = 0 }) => size > 0)
      .map(({ id, name }) =>
        shareOf(
          name,
          jobs.filter(({ task_id }) => task_id === id),
        ),
      ),
    people: people.map((name) =>
      shareOf(
        name,
        jobs.filter((job) => assigneeOf(job) === name),
      ),
    ),
    review: jobs
      .filter((job) => phaseOf(job) === "review")
      .map((job) => ({
        ...{ job: job.id, stage: job.stage, state: job.state, assignee: assigneeOf(job) },
        task: tasks.find(({ id }) => id === job.task_id)?.name ?? "",
        frames: `${job.start_frame}-${job.stop_frame}`,
      })),
    empty: sorted.filter(({ size = 0 }) => size === 0).map(({ name }) => name),
    quality: [...quality],
  };
}

const assigneeOf = ({ assignee }: Job) => assignee?.username ?? NOBODY;
const framesIn = (jobs: readonly Job[]) => jobs.reduce((all, { frame_count }) => all + frame_count, 0);

function shareOf(name: string, jobs: readonly Job[]): Share {
  const phases = Object.fromEntries(
    PHASES.map((phase) => [phase, jobs.filter((job) => phaseOf(job) === phase).length]),
  );
  return { name, jobs: jobs.length, frames: framesIn(jobs), phases: phases as Record<Phase, number> };
}

const MOST = 20;

/** The status for a terminal of 80 columns. */
export function statusText(status: ProjectStatus): string {
  const { project, frames, jobs, done, tasks, people, review, empty, quality } = status;
  const share = frames === 0 ? 0 : Math.floor((100 * done) / frames);
  const blocks = [
    `${pc.bold(project)}: ${tasks.length} tasks, ${jobs} jobs, ${frames} frames, ${share} % of them accepted`,
    ...(tasks.length > 0 ? [shareTable("task", tasks)] : []),
    ...(people.length > 0 ? [shareTable("who", people)] : []),
    ...(review.length > 0 ? [reviewText(review)] : []),
    ...(quality.length > 0 ? [quality.map(qualityText).join("\n")] : []),
    ...(empty.length > 0
      ? [
          pc.yellow(
            `Without pictures: ${empty.slice(0, MOST).join(", ")}.\nTheir making failed or is not over; a backup of the project fails by them.`,
          ),
        ]
      : []),
  ];
  return blocks.join("\n\n");
}

function shareTable(what: string, shares: readonly Share[]): string {
  const rows = shares.map(({ name, jobs, frames, phases }) => [
    shortened(name, 24),
    String(frames),
    String(jobs),
    ...PHASES.map((phase) => coloured(phase, phases[phase])),
  ]);
  return textTable([what, "frames", "jobs", ...PHASES], rows, { right: [1, 2, 3, 4, 5, 6, 7] });
}

function coloured(phase: Phase, count: number): string {
  if (count === 0) return pc.dim("-");
  const text = String(count);
  if (phase === "done") return pc.green(text);
  if (phase === "rejected") return pc.red(text);
  return phase === "review" ? pc.yellow(text) : text;
}

function reviewText(review: ProjectStatus["review"]): string {
  const rows = review
    .slice(0, MOST)
    .map((one) => [
      `#${one.job}`,
      shortened(one.task, 16),
      one.frames,
      shortened(one.assignee, 12),
      `${one.stage}, ${one.state}`,
    ]);
  const more = review.length > MOST ? `\nand ${review.length - MOST} more` : "";
  return `Waits for review:\n${textTable(["job", "task", "frames", "who", "stage"], rows)}${more}`;
}

function qualityText({ task, frames, job, report }: Quality): string {
  const truth = `Ground truth of ${shortened(task, 24)}: job #${job}, ${frames} frames`;
  if (report === undefined) return `${truth}; no quality report yet`;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const { date, accuracy, precision, recall, conflicts } = report;
  return [
    `${truth}; report of ${date.slice(0, 10)}:`,
    `  accuracy ${percent(accuracy)}, precision ${percent(precision)}, recall ${percent(recall)}, ${conflicts} conflicts`,
  ].join("\n");
}
