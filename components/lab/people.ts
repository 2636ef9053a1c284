import type { Person } from "../storage/people.ts";
import type { LabConfig } from "./sections.ts";

type Parts = { [Name in "clearml" | "cvat"]?: Partial<LabConfig[Name]> | undefined };

/**
 * Who has a user in the lab's object store: ClearML's people; where ClearML is off, those of CVAT's who may make tasks. A `worker` works on what
 * others made, and needs no bucket; nor does a program's.
 * @returns undefined where a section is too broken to tell
 */
export function peopleOfStore({ clearml, cvat }: Parts): Person[] | undefined {
  if (clearml?.enabled === undefined) return undefined;
  if (clearml.enabled) return clearml.users?.map(({ username }) => ({ username, of: "clearml" }));
  if (cvat?.enabled === undefined) return undefined;
  if (!cvat.enabled) return [];
  return cvat.users
    ?.filter(({ role, program }) => role !== "worker" && !program)
    .map(({ username }) => ({ username, of: "cvat" }));
}
