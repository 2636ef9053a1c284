import { rmSync } from "node:fs";
import { detail, errorPage, Refusal } from "./answers.ts";
import { byId, FORBIDDEN, mayTouch, single, type Asked } from "./asked.ts";
import { removeSent } from "./tus.ts";
import type { StoredIssue, StoredJob, StoredLabel, StoredProject, StoredTask } from "./store.ts";

export const oneTask = (asked: Asked): StoredTask => single(asked, asked.state.tasks, "Task", "maintainer");
export const oneProject = (asked: Asked): StoredProject => single(asked, asked.state.projects, "Project", "maintainer");

/** A job for who may touch its task, and for who has it. */
export function oneJob(asked: Asked): StoredJob {
  const job = byId(asked, asked.state.jobs, "Job");
  const mine = job.assignee === asked.user.id && isMember(asked, job);
  if (!mine && !mayTouch(asked, taskOf(asked, job), "maintainer")) throw detail(403, FORBIDDEN);
  return job;
}

/** Anybody can be given a job; who is not in its organization cannot open it. (cvat-real-third-look.md, 6.1) */
function isMember({ state, user }: Asked, { task_id }: StoredJob): boolean {
  const organization = state.tasks.find(({ id }) => id === task_id)?.organization ?? null;
  return (
    organization === null ||
    state.memberships.some((one) => one.organization === organization && one.user === user.id && one.is_active)
  );
}

export function taskOf({ state }: Pick<Asked, "state">, { task_id }: StoredJob): StoredTask {
  const task = state.tasks.find(({ id }) => id === task_id);
  if (!task) throw new Refusal(errorPage(500, "Server Error (500)"));
  return task;
}

/** A task's own labels, or its project's. */
export function labelsOf({ state }: Pick<Asked, "state">, { id, project_id }: StoredTask): StoredLabel[] {
  return state.labels.filter((label) => (project_id === null ? label.task_id === id : label.project_id === project_id));
}

/** Takes issues away with what is said of them. */
export function removeIssues({ state }: Pick<Asked, "state">, goes: (issue: StoredIssue) => boolean): void {
  const gone = new Set(state.issues.filter(goes).map(({ id }) => id));
  state.issues = state.issues.filter(({ id }) => !gone.has(id));
  state.comments = state.comments.filter(({ issue }) => !gone.has(issue));
}

/**
 * Takes a task away with its jobs, its labels, its annotations and a film. Its requests stay, and answer no more. (cvat-real-third-look.md, 3.9
 * and 8.3)
 */
export function removeTask({ state, store }: Pick<Asked, "state" | "store">, task: StoredTask): void {
  removeSent({ state, store }, task);
  const jobs = new Set(state.jobs.filter(({ task_id }) => task_id === task.id).map(({ id }) => id));
  removeIssues({ state }, ({ job }) => jobs.has(job));
  state.tasks = state.tasks.filter((one) => one !== task);
  state.jobs = state.jobs.filter(({ id }) => !jobs.has(id));
  state.labels = state.labels.filter(({ task_id }) => task_id !== task.id);
  state.guides = state.guides.filter(({ task_id }) => task_id !== task.id);
  for (const name of ["frames", "annotations", "manifest"]) store.keep(`${name}-${task.id}`, undefined);
  rmSync(store.fileFor(`film-${task.id}`), { force: true });
}
