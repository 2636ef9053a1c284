import type { State, StoredTask } from "./store.ts";

/** Moves a date, if only by a thousandth of a second: what was made of the one before is old then. */
export function touch(record: Pick<StoredTask, "updated_date">): void {
  const now = Math.max(Date.now(), Date.parse(record.updated_date) + 1);
  record.updated_date = new Date(now).toISOString();
}

/** Moves the dates of a task and its project. (cvat-real-third-look.md, 3.2) */
export function touchBoth(kept: { state: State }, task: StoredTask): void {
  touch(task);
  touchProject(kept, task);
}

/** Moves that of a task's project alone. (engine/views.py, TaskViewSet) */
export function touchProject({ state }: { state: State }, { project_id }: StoredTask): void {
  const project = state.projects.find(({ id }) => id === project_id);
  if (project) touch(project);
}
