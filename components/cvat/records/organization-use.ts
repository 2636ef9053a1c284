import type { CvatClient } from "../client/client.ts";
import type { Project, Task } from "../client/types.ts";

/** Projects and tasks of an organization, by name and number: when it goes, CVAT moves them to their owners' own spaces. (cvat-rest-measured.md 2.9) */
export async function contentsOf(client: CvatClient, organization: string): Promise<string[]> {
  const projects = await client.list<Project>("projects", { organization });
  const tasks = await client.list<Task & { project_id: number | null }>("tasks", { organization });
  return [
    ...projects.map(({ id, name }) => `project ${name} (number ${id})`),
    // Those of a project go along with it.
    ...tasks.filter(({ project_id }) => project_id === null).map(({ id, name }) => `task ${name} (number ${id})`),
  ];
}
