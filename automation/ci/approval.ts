import { UserError } from "../../components/program/errors.ts";
import { environment } from "./forms.ts";
import type { Repository } from "./repository.ts";

/**
 * Makes sure that a job in this environment waits for a person. The host makes an environment that it does not know, without any rule, and then
 * nobody would be asked.
 * @throws UserError of bad configuration with the cure
 */
export async function waitsForReviewers(repository: Repository, name: string): Promise<void> {
  const found = await repository.ask(`/environments/${encodeURIComponent(name)}`, environment);
  const rules = found?.protection_rules ?? [];
  if (rules.some(({ type, reviewers }) => type === "required_reviewers" && (reviewers?.length ?? 0) > 0)) return;
  throw new UserError(
    `The environment ${name} of ${repository.name} ${found ? "has no required reviewers" : "is not there"}, so nobody would be asked. ` +
      "Add reviewers to it (Settings, Environments, Required reviewers), or unset the variable that names it and approve by the plan's digest.",
    { exitCode: 2 },
  );
}
