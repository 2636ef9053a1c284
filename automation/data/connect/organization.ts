import type { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Organization } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";

/**
 * Slug of the organization that a verb works in; "" is the account's own space.
 * @param wanted what a person named by `--org`. Default: the only one that the account sees; its own space where there is none
 * @throws UserError where there is no such organization, or more than one to choose from
 */
export async function organizationOf(cvat: CvatClient, wanted: string | undefined): Promise<string> {
  if (wanted === "") return "";
  const slugs = (await cvat.list<Organization>("organizations")).map(({ slug }) => slug).sort();
  const there = slugs.length === 0 ? "There is none." : `There are: ${slugs.join(", ")}.`;
  if (wanted !== undefined) {
    if (slugs.includes(wanted)) return wanted;
    throw new UserError(`${cvat.username} sees no organization \`${wanted}\` in CVAT. ${there}`, { exitCode: 2 });
  }
  if (slugs.length > 1)
    throw new UserError(`Say in which organization: --org NAME, or --org "" for the own space. ${there}`, {
      exitCode: 2,
    });
  return slugs[0] ?? "";
}
