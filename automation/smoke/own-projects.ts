import { hostname } from "node:os";
import type { CvatClient } from "../../components/cvat/client/client.ts";
import type { Project, Request } from "../../components/cvat/client/types.ts";
import { UserError } from "../../components/program/errors.ts";
import { hasEnded, nameOf, type ProcessName } from "../runs/owner.ts";

/** What {@link ownName} makes: a person may call a project a smoke test of something, too. */
const OWN = /^smoke test of vision-platform \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [\w.-]+ \d+$/;
/** All limits of a run together are far below. What is older is nobody's any more, on whatever machine it was begun. */
const NO_RUN_TAKES_MS = 3_600_000;

type Noted = Project & { bug_tracker: string };

/** A name that says what it is, for a project that is there for a minute. No comma and no quote: CVAT's table of events has it as it is. */
export const ownName = (now = new Date()): string =>
  `smoke test of vision-platform ${now.toISOString().slice(0, 19).replace("T", " ")} ${hostname().replace(/[^\w.-]/g, "-")} ${process.pid}`;

/** Which process a project is of, for the run that comes after a kill. CVAT keeps it with the project, where no other text has room. */
export const ownMark = (): string => JSON.stringify(nameOf(process.pid));

/** Those of runs that have ended, in all organizations that the account sees. */
export async function deadProjects(client: CvatClient, now = Date.now()): Promise<Project[]> {
  const all = await client.list<Noted>("projects");
  return all.filter(
    ({ name, bug_tracker, created_date }) =>
      OWN.test(name) && (isOfDead(bug_tracker) || now - Date.parse(created_date) > NO_RUN_TAKES_MS),
  );
}

/** Those of this run: more than one where a call that had no answer was done all the same. */
export async function projectsOfRun(client: CvatClient, name: string): Promise<Project[]> {
  const all = await client.list<Project>("projects", { query: { name } });
  return all.filter((project) => project.name === name);
}

type Own = Request & { operation: { project_id: number | null } };

/** With its tasks. Requests that wait for a worker would fail when there is one, so they are taken back. @throws UserError where it stays */
export async function removeProject(client: CvatClient, { id, name }: Project): Promise<void> {
  const waiting = await client.list<Own>("requests", { query: { status: "queued" } });
  for (const request of waiting.filter(({ operation }) => operation.project_id === id))
    await takeBack(client, request.id);
  await client.remove(`projects/${id}`);
  if (await client.find(`projects/${id}`)) throw new UserError(`CVAT says that project ${name} is gone, and shows it.`);
}

/** A request that no worker has begun with. One that has, or that is done, stays. */
export async function takeBack(client: CvatClient, id: string): Promise<void> {
  const isWaiting = (await client.request(id))?.status === "queued";
  // A worker may have come meanwhile.
  if (isWaiting) await client.post(`requests/${encodeURIComponent(id)}/cancel`, undefined).catch(() => undefined);
}

function isOfDead(mark: string): boolean {
  try {
    return hasEnded(JSON.parse(mark) as ProcessName);
  } catch {
    return false; // Somebody has written into it: its age tells.
  }
}
