import { ownOf } from "../annotations/change.ts";
import { annotationsOf, those } from "../annotations/model.ts";
import type { StoredJob, StoredReport, StoredRequest, StoredTask } from "../store.ts";
import { Failure, type Work } from "../workers.ts";
import { compared, type Comparison, type Conflict } from "./compare.ts";
import { settingsOf } from "./settings.ts";
import { truthOf } from "./truth.ts";

/** What is kept of a report but its summary. */
export interface ReportData {
  parameters: { iou_threshold: number };
  conflicts: Conflict[];
}

export const reportName = (id: number): string => `report-${id}`;

/** A report for the task and one for each of its jobs. (cvat-real-third-look.md, 6.6) */
export async function calculate(work: Work, request: StoredRequest): Promise<Partial<StoredRequest>> {
  const { state, store } = work;
  const tasks = state.tasks.filter(({ id, project_id }) =>
    request.task_id === null ? project_id === request.project_id : id === request.task_id,
  );
  const reports = tasks.flatMap((task) => (truthOf(work, task.id) ? [report(work, task)] : []));
  const last = reports.at(-1);
  if (last === undefined)
    throw new Failure("cvat.apps.quality_control.models.Task.DoesNotExist: Task matching query does not exist.");
  if (request.task_id === null) {
    const made = {
      target: "project",
      task_id: null,
      job_id: null,
      project_id: request.project_id,
      parent_id: null,
    } as const;
    const own = state.reports.filter(({ id }) => reports.includes(id));
    const summary = own[0]?.summary ?? {};
    const id = store.next("reports");
    const dates = { created_date: new Date().toISOString(), target_last_updated: null, gt_last_updated: null };
    state.reports.push({ id, ...made, ...dates, summary });
    return await Promise.resolve({ result_id: id });
  }
  return await Promise.resolve({ result_id: last });
}

function report(work: Work, task: StoredTask): number {
  const { state, store } = work;
  const truth = truthOf(work, task.id);
  const frames = truth?.frames ?? [];
  const { iou_threshold } = settingsOf(work, task.id);
  const right = those(annotationsOf(store, task.id), ({ job }) => job === truth?.id);
  const jobs = state.jobs.filter(({ task_id, type }) => task_id === task.id && type === "annotation");
  const parent = keep(
    null,
    compared(ownOf(work, { task }), right, frames, iou_threshold),
    frames.length,
    task.data?.size ?? 0,
  );
  for (const job of jobs) {
    const { start_frame, stop_frame } = job;
    const own = frames.filter((frame) => start_frame <= frame && frame <= stop_frame);
    const checked = those(annotationsOf(store, task.id), (one) => one.job === job.id);
    keep(job.id, compared(checked, right, own, iou_threshold), own.length, stop_frame - start_frame + 1, parent);
  }
  return parent;

  function keep(
    job_id: number | null,
    result: Comparison,
    validated: number,
    total: number,
    parent_id: number | null = null,
  ) {
    const id = store.next("reports");
    const made: StoredReport = {
      ...{
        id,
        target: job_id === null ? "task" : "job",
        task_id: task.id,
        job_id,
        project_id: task.project_id,
        parent_id,
      },
      created_date: new Date().toISOString(),
      target_last_updated: jobs.find((job) => job.id === job_id)?.updated_date ?? task.updated_date,
      gt_last_updated: truth?.updated_date ?? null,
      summary: { ...summaryOf(result, validated, total), ...(job_id === null && { jobs: jobsIn(jobs, frames) }) },
    };
    state.reports.push(made);
    const data: ReportData = { parameters: { iou_threshold }, conflicts: result.conflicts };
    store.keep(reportName(id), data);
    return id;
  }
}

/** A job without a frame of the truth cannot be checked. */
function jobsIn(jobs: readonly StoredJob[], truth: readonly number[]) {
  const isChecked = ({ start_frame, stop_frame }: StoredJob) =>
    truth.some((frame) => start_frame <= frame && frame <= stop_frame);
  const total = jobs.length;
  return { total, excluded: 0, not_checkable: total - jobs.filter(isChecked).length, included: total };
}

function summaryOf({ conflicts, valid, found, truth }: Comparison, validation_frames: number, total_frames: number) {
  const count = (passes: (one: Conflict) => boolean) => conflicts.filter(passes).length;
  const types = [...new Set(conflicts.map(({ type }) => type))];
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return {
    ...{ total_frames, validation_frames, validation_frame_share: share(validation_frames, total_frames) },
    // The same under their older names.
    ...{ frame_count: validation_frames, frame_share: share(validation_frames, total_frames) },
    conflict_count: conflicts.length,
    error_count: count(({ severity }) => severity === "error"),
    warning_count: count(({ severity }) => severity === "warning"),
    conflicts_by_type: Object.fromEntries(types.map((type) => [type, count((one) => one.type === type)])),
    ...{ valid_count: valid, ds_count: found, gt_count: truth, total_count: found + truth - valid },
    ...{ accuracy: share(valid, found + truth - valid), precision: share(valid, found), recall: share(valid, truth) },
  };
}
