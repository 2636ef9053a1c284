import { detail, json, nothing, refuse } from "./answers.ts";
import { byId, FORBIDDEN, mayTouch, type Asked, type Route } from "./asked.ts";
import { touch } from "./dates.ts";
import { textField, wrong } from "./fields.ts";
import type { StoredGuide, StoredProject, StoredTask } from "./store.ts";

const MARKDOWN = { optional: true, blank: true };

/** What people who annotate a project or a task are to read. (AnnotationGuidesViewSet in engine/views.py; cvat-real-third-look.md 3.2) */
export const GUIDE_ROUTES: readonly Route[] = [
  {
    path: /^guides$/,
    methods: {
      POST: (asked) => {
        const { body, state, store } = asked;
        const project_id = (body["project_id"] ?? null) as number | null;
        const task_id = (body["task_id"] ?? null) as number | null;
        if (project_id === null && task_id === null)
          throw refuse(400, ["One of project_id or task_id must be specified"]);
        if (project_id !== null && task_id !== null)
          throw refuse(400, ["Both project_id and task_id must not be specified"]);
        checkFree(asked, { project_id, task_id });
        const now = new Date().toISOString();
        const made: StoredGuide = {
          id: store.next("guides"),
          ...{ project_id, task_id, created_date: now, updated_date: now },
          markdown: textField(body, "markdown", MARKDOWN) ?? "",
        };
        moveDate(asked, made);
        state.guides.push(made);
        return json(201, made);
      },
    },
  },
  {
    path: /^guides\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, one(asked)),
      PATCH: (asked) => {
        const guide = one(asked);
        guide.markdown = textField(asked.body, "markdown", MARKDOWN) ?? guide.markdown;
        guide.updated_date = new Date().toISOString();
        moveDate(asked, guide);
        return json(200, guide);
      },
      DELETE: (asked) => {
        const guide = one(asked);
        asked.state.guides = asked.state.guides.filter((other) => other !== guide);
        moveDate(asked, guide);
        return nothing(204);
      },
    },
  },
];

type Of = Pick<StoredGuide, "project_id" | "task_id">;

/** The guide of a project or a task, if it has one. */
export const guideOf = ({ state }: Pick<Asked, "state">, { project_id, task_id }: Of): StoredGuide | undefined =>
  state.guides.find((guide) => guide.project_id === project_id && guide.task_id === task_id);

function checkFree(asked: Asked, of: Of): void {
  const [what, id] = of.project_id === null ? ["task", of.task_id] : ["project", of.project_id];
  const target = targetOf(asked, of);
  if (!target) throw refuse(400, [`The specified ${what} #${id ?? 0} does not exist.`]);
  if (!mayTouch(asked, target, "maintainer")) throw detail(403, FORBIDDEN);
  if (guideOf(asked, of)) throw wrong(`${what}_id`, "This field must be unique.");
}

const targetOf = ({ state }: Asked, { project_id, task_id }: Of): StoredProject | StoredTask | undefined =>
  project_id === null
    ? state.tasks.find(({ id }) => id === task_id)
    : state.projects.find(({ id }) => id === project_id);

function one(asked: Asked): StoredGuide {
  const guide = byId(asked, asked.state.guides, "AnnotationGuide");
  const target = targetOf(asked, guide);
  if (!target || !mayTouch(asked, target, "maintainer")) throw detail(403, FORBIDDEN);
  return guide;
}

/** Its own date, not that of a task's project. */
function moveDate(asked: Asked, of: Of): void {
  const target = targetOf(asked, of);
  if (target) touch(target);
}
