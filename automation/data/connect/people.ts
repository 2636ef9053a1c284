import { closest } from "fastest-levenshtein";
import { everybody } from "../../../components/cvat/users/users-config.ts";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";

type Lab = Pick<Plan, "lab" | "store">;

/**
 * As whom CVAT is asked: as the person that was named, where he has an account there by the stack file, else as the superuser.
 * @param as what a person named by `--as`. Default: nobody
 */
export function accountOf({ lab }: Lab, as: string | undefined): string {
  const isOfCvat = everybody(lab.cvat).some(({ username }) => username === as);
  return as !== undefined && isOfCvat ? as : lab.cvat.superuser.username;
}

/**
 * Whose key of the object store is used.
 * @param as what a person named by `--as`. Default: the only one who has one
 * @throws UserError where there is no such person, or more than one to choose from
 */
export function personOf({ store }: Lab, as: string | undefined): string {
  const names = (store?.persons ?? []).map(({ username }) => username);
  if (as !== undefined && names.includes(as)) return as;
  if (as === undefined && names.length === 1) return names[0] ?? "";
  const who =
    names.length === 0
      ? "Nobody of this stack has a key of the object store. ClearML's people have one (vision-platform:clearml.users); where ClearML is off, those of vision-platform:cvat.users who are no workers."
      : `They are the keys of: ${names.join(", ")}.`;
  const what =
    as === undefined ? "Say with whose key of the object store: --as NAME." : `${as} has no key of the object store.`;
  throw new UserError(names.length === 0 ? who : `${what} ${who}`, { exitCode: 2 });
}

/** Refuses a name that nobody of the stack has, before anything is asked. @throws UserError that names who is there */
export function assertKnown({ lab, store }: Lab, as: string | undefined): void {
  if (as === undefined) return;
  const known = [
    ...new Set([
      ...(store?.persons ?? []).map(({ username }) => username),
      ...(lab.cvat.enabled ? everybody(lab.cvat).map(({ username }) => username) : []),
    ]),
  ];
  if (known.includes(as)) return;
  const guess = known.length > 0 ? ` Did you mean \`${closest(as, known)}\`? Known: ${known.join(", ")}.` : "";
  throw new UserError(`Nobody of this stack is called \`${as}\`.${guess}`, { exitCode: 2 });
}
