import { detail, errorPage, json, Refusal } from "./answers.ts";
import { filtered, FORBIDDEN, mayTouch, page, visible, type Asked, type Route } from "./asked.ts";
import { look } from "./data/look.ts";
import { metaOf } from "./data/meta.ts";
import { choiceField } from "./fields.ts";
import { jobStatus } from "./job-status.ts";
import { oneJob, taskOf } from "./owned.ts";
import { makeTruth, removeJob } from "./quality/truth.ts";
import { basicUser } from "./users.ts";
import type { StoredJob } from "./store.ts";

const STATES = ["new", "in progress", "rejected", "completed"];
const STAGES = ["annotation", "validation", "acceptance"];
/** (JobPermission in cvat/apps/engine/permissions.py) */
const CHANGEABLE = ["assignee", "stage", "state"];

/** The jobs of tasks, by the measurements of cvat-real-third-look.md 6.1 to 6.4. */
export const JOB_ROUTES: readonly Route[] = [
  {
    path: /^jobs$/,
    methods: {
      GET: (asked) => {
        const { state } = asked;
        const tasks = visible(asked, state.tasks, "maintainer");
        const seen = state.jobs.filter(
          (job) => tasks.some(({ id }) => id === job.task_id) || job.assignee === asked.user.id,
        );
        const found = filtered(
          asked,
          seen,
          {
            task_id: (job) => job.task_id,
            project_id: (job) => taskOf(asked, job).project_id,
            project_name: (job) => projectOf(asked, job)?.name ?? null,
            type: (job) => job.type,
            state: (job) => job.state,
            stage: (job) => job.stage,
            // By name: a number finds nobody.
            assignee: (job) => state.users.find(({ id }) => id === job.assignee)?.username ?? null,
            id: (job) => job.id,
          },
          { updated_date: (job) => job.updated_date },
        );
        return page(asked, "jobs", found, shown, { updated_date: (job) => job.updated_date });
      },
      POST: (asked) => makeTruth(asked, shown),
    },
  },
  {
    path: /^jobs\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, oneJob(asked))),
      PATCH: (asked) => {
        const { body, state } = asked;
        const job = oneJob(asked);
        const fields = Object.keys(body);
        if (fields.some((field) => !CHANGEABLE.includes(field)))
          throw detail(403, "Attempted to update an unknown field");
        const isStaff = mayTouch(asked, taskOf(asked, job), "maintainer");
        if (!isStaff && fields.some((field) => field !== "state")) throw detail(403, FORBIDDEN);
        const assignee = body["assignee"];
        if (assignee !== undefined && assignee !== null && !state.users.some(({ id }) => id === assignee))
          throw new Refusal(errorPage(500, "Server Error (500)"));
        // A stage alone begins it anew.
        const stage = "stage" in body && { stage: choiceField(body, "stage", STAGES), state: "new" };
        const status = "state" in body && { state: choiceField(body, "state", STATES) };
        Object.assign(job, stage, status);
        if (stage || status) delete job.status;
        if (assignee !== undefined) job.assignee = assignee as number | null;
        job.updated_date = new Date().toISOString();
        return json(200, shown(asked, job));
      },
      DELETE: removeJob,
    },
  },
  {
    path: /^jobs\/(\d+)\/data\/meta$/,
    methods: {
      GET: (asked) => {
        const job = oneJob(asked);
        return metaOf(asked, taskOf(asked, job), job);
      },
    },
  },
  {
    path: /^jobs\/(\d+)\/data$/,
    methods: { GET: (asked) => look(asked, taskOf(asked, oneJob(asked))) },
  },
];

const projectOf = (asked: Asked, job: StoredJob) =>
  asked.state.projects.find(({ id }) => id === taskOf(asked, job).project_id);

function shown(asked: Asked, { frames, ...job }: StoredJob) {
  const task = taskOf(asked, job);
  const url = `http://${asked.host}/api`;
  const replicas = asked.state.jobs.filter(({ parent_job_id }) => parent_job_id === job.id).length;
  const chunkType = task.data?.mode === "interpolation" ? "video" : "imageset";
  return {
    ...job,
    // That is told by the task's layout alone.
    disabled: undefined,
    url: `${url}/jobs/${job.id}`,
    assignee: basicUser(asked, job.assignee),
    project_id: task.project_id,
    project_name: projectOf(asked, job)?.name ?? null,
    task_name: task.name,
    status: jobStatus(job),
    type: job.type,
    parent_job_id: job.parent_job_id ?? null,
    mode: task.data?.mode ?? "annotation",
    dimension: "2d",
    frame_count: frames?.length ?? job.stop_frame - job.start_frame + 1,
    organization: task.organization,
    ...{ assignee_updated_date: job.assignee === null ? null : job.updated_date, guide_id: null, bug_tracker: "" },
    ...{ data_chunk_size: task.data?.chunk_size ?? null, replicas_count: replicas, consensus_replicas: replicas },
    ...{ data_compressed_chunk_type: chunkType, data_original_chunk_type: chunkType },
    ...{ source_storage: task.source_storage, target_storage: task.target_storage },
    labels: { url: `${url}/labels?job_id=${job.id}` },
    issues: {
      count: asked.state.issues.filter((issue) => issue.job === job.id).length,
      url: `${url}/issues?job_id=${job.id}`,
    },
  };
}
