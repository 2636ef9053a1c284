import { detail, json, refuse, type Answer } from "../answers.ts";
import { byId, FORBIDDEN, filtered, mayTouch, page, type Asked, type Route } from "../asked.ts";
import { oneProject, oneTask } from "../owned.ts";
import { begin } from "../requests.ts";
import type { StoredReport } from "../store.ts";
import { reportName, type ReportData } from "./reports.ts";
import { changeSettings, listSettings } from "./settings.ts";
import { changeLayout, layoutOf, truthOf } from "./truth.ts";
import { basicUser } from "../users.ts";

/** A job's report says who had it. */
const shown = (asked: Asked, one: StoredReport) => ({
  ...one,
  assignee: basicUser(asked, asked.state.jobs.find(({ id }) => id === one.job_id)?.assignee ?? null),
});

/** (cvat-real-third-look.md, 6.5, 6.6) */
export const QUALITY_ROUTES: readonly Route[] = [
  { path: /^tasks\/(\d+)\/validation_layout$/, methods: { GET: layoutOf, PATCH: changeLayout } },
  { path: /^quality\/settings$/, methods: { GET: listSettings } },
  { path: /^quality\/settings\/(\d+)$/, methods: { PATCH: changeSettings } },
  {
    path: /^quality\/reports$/,
    methods: {
      POST: beginReport,
      GET: (asked) => {
        const found = filtered(asked, seen(asked), {
          task_id: (one) => one.task_id,
          job_id: (one) => one.job_id,
          project_id: (one) => one.project_id,
          target: (one) => one.target,
          parent_id: (one) => one.parent_id,
        });
        return page(asked, "quality/reports", found, shown);
      },
    },
  },
  { path: /^quality\/reports\/(\d+)$/, methods: { GET: (asked) => json(200, shown(asked, report(asked))) } },
  {
    path: /^quality\/reports\/(\d+)\/data$/,
    methods: {
      GET: (asked) => {
        const { id, summary } = report(asked);
        const text = JSON.stringify({ ...dataOf(asked, id), comparison_summary: summary });
        return { status: 200, type: "application/json", text };
      },
    },
  },
  {
    path: /^quality\/conflicts$/,
    methods: {
      GET: (asked) => {
        const id = Number(asked.query.get("report_id") ?? 0);
        // A task's report has its jobs' conflicts.
        const own = asked.state.reports.filter(
          (one) => one.parent_id === id || (one.id === id && one.target === "job"),
        );
        const conflicts = own.flatMap((one) =>
          dataOf(asked, one.id).conflicts.map((conflict) => ({ conflict, report: one.id })),
        );
        const numbered = conflicts.map((one, at) => ({ ...one, id: at + 1 }));
        return page(asked, "quality/conflicts", numbered, (_, { conflict, report: report_id, id: number }) => {
          const { frame, type, severity, shapes } = conflict;
          return { id: number, frame, type, severity, report_id, annotation_ids: shapes };
        });
      },
    },
  },
];

const dataOf = ({ store }: Asked, id: number): ReportData =>
  (store.document(reportName(id)) as ReportData | undefined) ?? { parameters: { iou_threshold: 0 }, conflicts: [] };

function beginReport(asked: Asked): Answer {
  const { body } = asked;
  if (Number.isInteger(body["project_id"])) {
    const { id } = oneProject({ ...asked, parts: [JSON.stringify(body["project_id"])] });
    const operation = { id: `action=calculate&target=project&target_id=${id}&subresource=quality`, project_id: id };
    return begin(asked, { ...operation, type: "calculate:quality", target: "project" });
  }
  const task = oneTask({ ...asked, parts: [JSON.stringify(body["task_id"])] });
  const truth = truthOf(asked, task.id);
  if (truth?.stage !== "acceptance" || truth.state !== "completed")
    throw refuse(400, [
      "Quality reports require a Ground Truth job in the task at the acceptance stage and in the completed state",
    ]);
  const operation = { id: `action=calculate&target=task&target_id=${task.id}&subresource=quality`, task_id: task.id };
  return begin(asked, { ...operation, type: "calculate:quality", target: "task", project_id: task.project_id });
}

const isSeen = (asked: Asked, one: StoredReport) => {
  const { tasks, projects } = asked.state;
  const owner = tasks.find(({ id }) => id === one.task_id) ?? projects.find(({ id }) => id === one.project_id);
  return owner !== undefined && mayTouch(asked, owner, "maintainer");
};

const seen = (asked: Asked): StoredReport[] => asked.state.reports.filter((one) => isSeen(asked, one));

function report(asked: Asked): StoredReport {
  const found = byId(asked, asked.state.reports, "QualityReport");
  if (!isSeen(asked, found)) throw detail(403, FORBIDDEN);
  return found;
}
