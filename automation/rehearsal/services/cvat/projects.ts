import { detail, errorPage, json, nothing, refuse, Refusal } from "./answers.ts";
import { filtered, FORBIDDEN, page, visible, type Asked, type Route } from "./asked.ts";
import { touch } from "./dates.ts";
import { noteEvent } from "./events.ts";
import { textField, wrong } from "./fields.ts";
import { guideOf } from "./guides.ts";
import { labelsIn, patchLabels } from "./labels.ts";
import { oneProject, removeTask } from "./owned.ts";
import { hasPrivilege, hasRole, isAdmin } from "./rules.ts";
import { basicUser } from "./users.ts";
import type { StoredProject, StoredReference } from "./store.ts";

const NAME = { max: 256 };
const BUG_TRACKER = { max: 2000, optional: true, blank: true };
/** What a change may set. (ProjectPermission and TaskPermission in cvat/apps/engine/permissions.py) */
const CHANGEABLE = ["owner_id", "assignee_id", "name", "labels", "bug_tracker", "source_storage", "target_storage"];

export const PROJECT_ROUTES: readonly Route[] = [
  {
    path: /^projects$/,
    methods: {
      GET: (asked) => {
        const nameOf = (id: number | null | undefined) =>
          asked.state.users.find((user) => user.id === id)?.username ?? null;
        const found = filtered(
          asked,
          visible(asked, asked.state.projects, "maintainer"),
          {
            name: (one) => one.name,
            id: (one) => one.id,
            owner: ({ owner }) => nameOf(owner),
            assignee: ({ assignee }) => nameOf(assignee),
          },
          { updated_date: (one) => one.updated_date, organization_id: (one) => one.organization },
        );
        return page(asked, "projects", found, shown);
      },
      POST: (asked) => {
        const { body, state, store, host } = asked;
        if (!mayMake(asked)) throw detail(403, FORBIDDEN);
        const made: StoredProject = { id: store.next("projects"), ...placed(asked) };
        state.labels.push(...labelsIn(asked, body["labels"], { project_id: made.id, task_id: null }));
        state.projects.push(made);
        noteEvent(asked, "create:project", {
          ...{ obj_name: made.name, obj_id: made.id, project_id: made.id, organization: made.organization },
        });
        return json(201, shown(asked, made), { Location: `http://${host}/api/projects/${made.id}` });
      },
    },
  },
  {
    path: /^projects\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, oneProject(asked))),
      PATCH: (asked) => {
        const project = oneProject(asked);
        change(asked, project, CHANGEABLE);
        patchLabels(asked, asked.body["labels"], { project_id: project.id, task_id: null });
        return json(200, shown(asked, project));
      },
      DELETE: (asked) => {
        const { state } = asked;
        const { id } = oneProject(asked);
        state.projects = state.projects.filter((project) => project.id !== id);
        state.labels = state.labels.filter(({ project_id }) => project_id !== id);
        state.guides = state.guides.filter(({ project_id }) => project_id !== id);
        for (const task of state.tasks.filter((one) => one.project_id === id)) removeTask(asked, task);
        return nothing(204);
      },
    },
  },
];

/** Whether somebody may make a project or a task here. (projects.rego, tasks.rego) */
export function mayMake({ state, user, context }: Asked): boolean {
  if (isAdmin(user)) return true;
  return hasPrivilege(user, "user") && (!context || hasRole(state, user, context.id, "supervisor"));
}

/** Sets what a PATCH names, of what projects and tasks have both. An unknown field is refused, where a POST ignores it. (0.8) */
export function change(asked: Asked, record: StoredProject, changeable: readonly string[]): void {
  const { body, state } = asked;
  const before = JSON.stringify(record);
  if (Object.keys(body).some((field) => !changeable.includes(field)))
    throw detail(403, "Attempted to update an unknown field");
  record.name = textField(body, "name", { ...NAME, optional: true }) ?? record.name;
  record.bug_tracker = textField(body, "bug_tracker", BUG_TRACKER) ?? record.bug_tracker;
  for (const field of ["source_storage", "target_storage"] as const) {
    if (body[field] === null) throw wrong(field, "This field may not be null.");
    record[field] = reference(asked, field) ?? record[field];
  }
  for (const field of ["owner_id", "assignee_id"] as const) {
    const id = body[field];
    if (id === undefined) continue;
    // A number or a name that nobody has. (cvat-real-third-look.md 6.1)
    if (id !== null && !state.users.some((user) => user.id === id))
      throw new Refusal(errorPage(500, "Server Error (500)"));
    if (field === "assignee_id") record.assignee = id as number | null;
    else record.owner = id as number;
  }
  // Nothing new, nothing moved. (cvat-real-third-look.md, 3.2)
  if (JSON.stringify(record) !== before || body["labels"] !== undefined) touch(record);
}

/** What a project and a task begin with. */
export function placed(asked: Asked): Omit<StoredProject, "id"> {
  const { body, user, context } = asked;
  const now = new Date().toISOString();
  return {
    name: textField(body, "name", NAME) ?? "",
    owner: user.id,
    organization: context?.id ?? null,
    bug_tracker: textField(body, "bug_tracker", BUG_TRACKER) ?? "",
    source_storage: reference(asked, "source_storage"),
    target_storage: reference(asked, "target_storage"),
    created_date: now,
    updated_date: now,
  };
}

function reference({ body, state, store }: Asked, field: string): StoredReference | null {
  const wanted = body[field] as Partial<StoredReference> | undefined;
  if (!wanted) return null;
  const { location = "local", cloud_storage_id = null } = wanted;
  if (location === "cloud_storage" && cloud_storage_id === null)
    throw refuse(400, {
      [field]: { non_field_errors: ["Cloud storage was selected as location but its id was not specified"] },
    });
  if (cloud_storage_id !== null && !state.storages.some(({ id }) => id === cloud_storage_id))
    throw refuse(400, ["CloudStorage matching query does not exist."]);
  return { id: store.next("references"), location, cloud_storage_id };
}

function shown(asked: Asked, { owner, organization, ...project }: StoredProject) {
  const { host, state } = asked;
  const url = `http://${host}/api`;
  const tasks = state.tasks.filter((task) => task.project_id === project.id);
  return {
    ...project,
    url: `${url}/projects/${project.id}`,
    owner: basicUser(asked, owner),
    assignee: basicUser(asked, project.assignee ?? null),
    assignee_updated_date: null,
    guide_id: guideOf(asked, { project_id: project.id, task_id: null })?.id ?? null,
    status: "annotation",
    dimension: null,
    // Those in use, but none. (cvat-real-third-look.md, 5.1)
    task_subsets: [...new Set(tasks.map(({ subset }) => subset))].filter((subset) => subset !== ""),
    organization,
    organization_id: organization,
    tasks: { count: tasks.length, url: `${url}/tasks?project_id=${project.id}` },
    labels: { url: `${url}/labels?project_id=${project.id}` },
  };
}
