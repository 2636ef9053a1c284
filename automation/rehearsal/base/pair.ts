import { realpath } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import { PROJECT_FOLDER } from "../../project.ts";
import type { Compared } from "../../report/compared.ts";
import type { Base } from "./base.ts";
import { Repository } from "./git.ts";

/** What is compared with what, before anything runs. */
export interface Pair {
  base: Base | undefined;
  /** Why there is nothing to compare with. */
  alone: string | undefined;
  head: Compared["head"];
}

/**
 * Finds the base of a stack's files as they are.
 * @param folder where the stack file lies
 * @param wanted a person's choice of the base. Default: where the change begins from. (git.ts)
 * @throws UserError of bad usage for a base that is not there
 */
export async function pairOf(stack: string, folder: string, wanted?: string): Promise<Pair> {
  const repository = await Repository.of(PROJECT_FOLDER);
  if ("problem" in repository) {
    if (wanted === undefined) return alone(`this program lies in no git repository (${repository.problem})`);
    throw new UserError(`--base ${wanted}: ${PROJECT_FOLDER} is in no git repository (${repository.problem}).`, {
      exitCode: 2,
    });
  }
  const [revision, head] = await Promise.all([repository.base(wanted), repository.head()]);
  if (revision === undefined) return alone("nothing was committed yet", head);
  const project = path.relative(await realpath(PROJECT_FOLDER), await realpath(folder));
  const isOutside = project.split(path.sep)[0] === ".." || path.isAbsolute(project);
  const base = { repository, revision, files: await repository.files(revision), stack, project };
  return { base, alone: isOutside ? `${folder} is not in its checkout` : undefined, head };
}

const alone = (why: string, head?: Compared["head"]): Pair => ({ base: undefined, alone: why, head });
