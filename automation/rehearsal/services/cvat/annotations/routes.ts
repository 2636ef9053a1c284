import { errorPage, json, nothing, plain, Refusal, refuse, type Answer } from "../answers.ts";
import type { Asked, Route } from "../asked.ts";
import { noteEvent } from "../events.ts";
import { labelsOf, oneJob, oneTask, taskOf } from "../owned.ts";
import { add, ownOf, shownAnnotations, take, type Scope } from "./change.ts";
import { upload } from "./import/upload.ts";
import { posted } from "./posted.ts";

type Action = "create" | "update" | "delete";
const ACTIONS: readonly string[] = ["create", "update", "delete"];

const taskScope = (asked: Asked): Scope => ({ task: oneTask(asked) });
const jobScope = (asked: Asked): Scope => {
  const job = oneJob(asked);
  return { task: taskOf(asked, job), job };
};

const methods = (scopeOf: (asked: Asked) => Scope): Route["methods"] => ({
  GET: (asked) => {
    const scope = scopeOf(asked);
    if (!scope.task.data)
      throw new Refusal(plain(400, "Exporting annotations from a task without data is not allowed"));
    return json(200, shownAnnotations(asked, scope, ownOf(asked, scope)));
  },
  PUT: (asked) => {
    const scope = scopeOf(asked);
    const news = posted(asked.store, labelsOf(asked, scope.task), asked.body);
    take(asked, scope);
    return json(200, shownAnnotations(asked, scope, add(asked, scope, news)));
  },
  PATCH: (asked) => change(asked, scopeOf(asked)),
  DELETE: (asked) => {
    const scope = scopeOf(asked);
    // (5.9)
    if (!scope.task.data) throw new Refusal(errorPage(500, "Server Error (500)"));
    take(asked, scope);
    return nothing(204);
  },
  POST: (asked) => upload(asked, scopeOf(asked)),
});

export const ANNOTATION_ROUTES: readonly Route[] = [
  { path: /^tasks\/(\d+)\/annotations\/?$/, methods: methods(taskScope) },
  { path: /^jobs\/(\d+)\/annotations\/?$/, methods: methods(jobScope) },
];

/** What is updated is taken away and added again, with other ids. (dataset_manager/task.py, patch_task_data) */
function change(asked: Asked, scope: Scope): Answer {
  const { body, query, store } = asked;
  const action = query.get("action") ?? "";
  if (!ACTIONS.includes(action)) throw refuse(400, ["Please specify a correct 'action' for the request"]);
  const news = posted(store, labelsOf(asked, scope.task), body);
  const none = { tags: [], shapes: [], tracks: [] };
  if ((action as Action) !== "create") take(asked, scope, { ...none, ...idsIn(body) });
  const changed = (action as Action) === "delete" ? news : add(asked, scope, news);
  if ((action as Action) === "create" && news.shapes.length > 0)
    noteEvent(asked, "create:shapes", {
      ...{ obj_name: news.shapes[0]?.type ?? "", count: news.shapes.length, job_id: scope.job?.id ?? null },
      ...{ task_id: scope.task.id, project_id: scope.task.project_id, organization: scope.task.organization },
    });
  return json(200, shownAnnotations(asked, scope, changed));
}

function idsIn(body: Record<string, unknown>) {
  const ids = (kind: string) =>
    ((body[kind] ?? []) as { id?: number }[]).map(({ id }) => {
      if (id === undefined) throw refuse(400, { [kind]: [{ id: ["This field is required."] }] });
      return id;
    });
  return { tags: ids("tags"), shapes: ids("shapes"), tracks: ids("tracks") };
}
