import type { Project, Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { projectNamed, projectsOf, taskNamed, tasksOf } from "../cvat/find.ts";
import type { CvatSpace } from "../cvat/space.ts";

/** A task or a project, whose jobs are meant. */
export interface Target {
  kind: "task" | "project";
  /** `Task`, `Project`. */
  what: string;
  record: Task | Project;
  /** What its jobs are found by. */
  jobs: { task_id: number } | { project_id: number };
  /** Of its record. */
  path: string;
}

/**
 * The task or project of a name.
 * @param kind which of the two. Default: the one that there is
 * @throws UserError, exit code 2, where there is none, more than one, or one of each
 */
export async function targetNamed(space: CvatSpace, name: string, kind: Target["kind"] | undefined): Promise<Target> {
  const [tasks, projects] = await Promise.all([
    kind === "project" ? [] : tasksOf(space, { name }),
    kind === "task" ? [] : projectsOf(space, name),
  ]);
  if (tasks.length > 0 && projects.length > 0)
    throw new UserError(`${name} is the name of a task and of a project: say --kind task or --kind project.`, {
      exitCode: 2,
    });
  if (kind === "project" || projects.length > 0) {
    const record = await projectNamed(space, name);
    return { kind: "project", what: "Project", record, jobs: { project_id: record.id }, path: `projects/${record.id}` };
  }
  const record = await taskNamed(space, name);
  return { kind: "task", what: "Task", record, jobs: { task_id: record.id }, path: `tasks/${record.id}` };
}
