import type { CvatClient } from "../client/client.ts";
import type { Project, StorageReference, Task } from "../client/types.ts";

/**
 * Projects and tasks that read from a cloud storage or export to it, by name and number. CVAT has no filter for it, and removes a storage in
 * use without a word. (cvat-rest-measured.md 3.14)
 */
export async function usersOf(client: CvatClient, storage: number): Promise<string[]> {
  const isIt = (reference: StorageReference | null) => reference?.cloud_storage_id === storage;
  const projects = (await client.list<Project>("projects")).filter(
    ({ source_storage, target_storage }) => isIt(source_storage) || isIt(target_storage),
  );
  const all = await client.list<Task>("tasks");
  const untold = all.filter(
    ({ size = 0, data_cloud_storage_id }) => size > 0 && data_cloud_storage_id === undefined,
  ).length;
  const tasks = all.filter(
    ({ source_storage, target_storage, data_cloud_storage_id }) =>
      data_cloud_storage_id === storage || isIt(source_storage) || isIt(target_storage),
  );
  return [
    ...projects.map(({ id, name }) => `project ${name} (number ${id})`),
    ...tasks.map(({ id, name }) => `task ${name} (number ${id})`),
    ...(untold > 0 ? [`perhaps some of ${untold} tasks: this version of CVAT does not say where they read from`] : []),
  ];
}
