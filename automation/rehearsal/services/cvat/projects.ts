import { json, nothing, refuse } from "./answers.ts";
import { filtered, page, single, visible, textField, type Asked, type Route } from "./asked.ts";
import { labelsIn, shownLabel } from "./labels.ts";
import { basicUser } from "./users.ts";
import type { StoredProject, StoredReference } from "./store.ts";

export const PROJECT_ROUTES: readonly Route[] = [
  {
    path: /^projects$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, visible(asked, asked.state.projects), {
          name: (one) => one.name,
          id: (one) => one.id,
        });
        return page(asked, "projects", found, shown);
      },
      POST: (asked) => {
        const { body, state, store, host } = asked;
        const made: StoredProject = { id: store.next("projects"), ...placed(asked) };
        state.labels.push(...labelsIn(asked, body["labels"], { project_id: made.id, task_id: null }));
        state.projects.push(made);
        return json(201, shown(asked, made), { Location: `http://${host}/api/projects/${made.id}` });
      },
    },
  },
  {
    path: /^projects\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, one(asked))),
      DELETE: (asked) => {
        const { state } = asked;
        const { id } = one(asked);
        state.projects = state.projects.filter((project) => project.id !== id);
        state.tasks = state.tasks.filter((task) => task.project_id !== id);
        return nothing(204);
      },
    },
  },
  {
    path: /^labels$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, asked.state.labels, {
          project_id: (label) => label.project_id,
          task_id: (label) => label.task_id,
        });
        return page(asked, "labels", found, (_, label) => shownLabel(label));
      },
    },
  },
];

/** What a project and a task begin with. */
export function placed(asked: Asked): Omit<StoredProject, "id"> {
  const { body, user, context } = asked;
  const now = new Date().toISOString();
  return {
    name: textField(body, "name", { max: 256 }) ?? "",
    owner: user.id,
    organization: context?.id ?? null,
    bug_tracker: textField(body, "bug_tracker", { optional: true }) ?? "",
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

const one = (asked: Asked): StoredProject => single(asked, asked.state.projects, "Project");

function shown(asked: Asked, { owner, organization, ...project }: StoredProject) {
  const { host, state } = asked;
  const url = `http://${host}/api`;
  const tasks = state.tasks.filter((task) => task.project_id === project.id).length;
  return {
    ...project,
    url: `${url}/projects/${project.id}`,
    owner: basicUser(asked, owner),
    assignee: null,
    assignee_updated_date: null,
    guide_id: null,
    status: "annotation",
    dimension: null,
    task_subsets: [],
    organization,
    organization_id: organization,
    tasks: { count: tasks, url: `${url}/tasks?project_id=${project.id}` },
    labels: { url: `${url}/labels?project_id=${project.id}` },
  };
}
