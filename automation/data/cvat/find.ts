import type { CloudStorage, Job, Label, Membership, Project, Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { noSuch, numberIn, theOne } from "./named.ts";
import { spaceText, type CvatSpace } from "./space.ts";

/** @throws UserError where there is none of the name, or more than one */
export async function projectNamed(space: CvatSpace, name: string): Promise<Project> {
  return theOne({
    what: "project",
    name,
    found: await projectsOf(space, name),
    all: () => projectsOf(space),
    where: spaceText(space),
  });
}

/** Those of a name, or `#number`. Default: all. */
export async function projectsOf({ client, organization }: CvatSpace, name?: string): Promise<Project[]> {
  const found = await client.list<Project>("projects", { organization, query: queryOf(name) });
  return found.filter(isNamed(name));
}

export interface TasksOf {
  /** Default: of any name. */
  name?: string;
  /** Default: of any project, and of none. */
  project?: number;
}

/** Tasks of an organization. */
export async function tasksOf({ client, organization }: CvatSpace, { name, project }: TasksOf = {}): Promise<Task[]> {
  const query = { ...queryOf(name), ...(project !== undefined && { project_id: project }) };
  const found = await client.list<Task>("tasks", { organization, query });
  return found.filter((task) => isNamed(name)(task) && (project === undefined || task.project_id === project));
}

/** @throws UserError where there is none of the name, or more than one */
export async function taskNamed(space: CvatSpace, name: string, project?: Project): Promise<Task> {
  const within = project === undefined ? {} : { project: project.id };
  return theOne({
    what: "task",
    name,
    found: await tasksOf(space, { name, ...within }),
    all: () => tasksOf(space, within),
    where: project === undefined ? spaceText(space) : `project ${project.name}`,
  });
}

/** @throws UserError where no cloud storage has the name, or more than one */
export async function storageNamed(space: CvatSpace, name: string): Promise<CloudStorage> {
  const storages = (await storagesOf(space)).map((storage) => ({ ...storage, name: storage.display_name }));
  return theOne({
    what: "cloud storage",
    name,
    found: storages,
    all: () => Promise.resolve(storages),
    where: spaceText(space),
  });
}

export function storagesOf({ client, organization }: CvatSpace): Promise<CloudStorage[]> {
  return client.list<CloudStorage>("cloudstorages", { organization });
}

/**
 * The cloud storage by which CVAT reads a bucket. One with a prefix shows a part of it only, so those without come first.
 * @param key what must be reached by it, a key or the beginning of some. Default: all
 * @throws UserError where there is none
 */
export async function storageOfBucket(space: CvatSpace, bucket: string, key = ""): Promise<CloudStorage> {
  const storages = await storagesOf(space);
  const [first] = storages
    .filter(({ resource, specific_attributes }) => resource === bucket && key.startsWith(prefixIn(specific_attributes)))
    .sort(
      (one, other) =>
        prefixIn(one.specific_attributes).length - prefixIn(other.specific_attributes).length || one.id - other.id,
    );
  if (first) return first;
  const known = storages.map(({ display_name, resource }) => `${display_name} (${resource})`);
  throw new UserError(
    `CVAT has no cloud storage for ${bucket}${key === "" ? "" : `/${key}`} in ${spaceText(space)}. It has: ${known.join(", ") || "none"}. ` +
      "Cloud storages are made by up, from vision-platform:cvat.cloudStorages.",
  );
}

const prefixIn = (attributes: string) => new URLSearchParams(attributes).get("prefix") ?? "";

/** Members of the organization who can work; in one's own space there is only oneself. */
export async function membersOf({ client, organization }: CvatSpace): Promise<Membership[]> {
  if (organization === "") return [];
  return (await client.list<Membership>("memberships", { organization })).filter(({ is_active }) => is_active);
}

/**
 * Members by their user names, in the order of the names.
 * @throws UserError, exit code 2, for all names that are none's: CVAT would take anybody, who could then open nothing. (cvat-real-third-look.md 6.1)
 */
export async function membersNamed(space: CvatSpace, names: readonly string[]): Promise<Membership["user"][]> {
  const users = (await membersOf(space)).map(({ user }) => user);
  const known = users.map(({ username }) => username).sort();
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length > 0)
    throw new UserError(missing.map((name) => noSuch("member", name, spaceText(space), known)).join("\n"), {
      exitCode: 2,
    });
  return names.flatMap((name) => users.find(({ username }) => username === name) ?? []);
}

/** Labels of a project, or of a task by itself; a skeleton's own are below it. */
export async function labelsOf(
  { client, organization }: CvatSpace,
  of: { project_id: number } | { task_id: number },
): Promise<Label[]> {
  const labels = await client.list<Label>("labels", { organization, query: { ...of } });
  return labels.filter(({ parent_id }) => parent_id === null).sort((one, other) => one.id - other.id);
}

/** Jobs of a task or a project, in the order of their frames. */
export async function jobsOf(
  { client, organization }: CvatSpace,
  of: { task_id: number } | { project_id: number },
): Promise<Job[]> {
  const jobs = await client.list<Job>("jobs", { organization, query: { ...of } });
  const mine = jobs.filter((job) => Object.entries(of).every(([key, id]) => job[key as keyof typeof of] === id));
  return mine.sort(
    (one, other) => one.task_id - other.task_id || one.start_frame - other.start_frame || one.id - other.id,
  );
}

function queryOf(name: string | undefined): Record<string, string | number> {
  if (name === undefined) return {};
  const number = numberIn(name);
  // A number is no filter of its own. (engine/views.py: simple_filters)
  return number === undefined ? { name } : { filter: JSON.stringify({ "==": [{ var: "id" }, number] }) };
}

/** (cvat-rest-measured.md 0.4: an unknown filter is ignored silently) */
function isNamed(name: string | undefined): (one: { id: number; name: string }) => boolean {
  if (name === undefined) return () => true;
  const number = numberIn(name);
  return (one) => (number === undefined ? one.name === name : one.id === number);
}
