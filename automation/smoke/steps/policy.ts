import type { User } from "../../../components/cvat/client/types.ts";
import { CvatError } from "../../../components/cvat/client/errors.ts";
import { everybody } from "../../../components/cvat/users/users-config.ts";
import { UserError } from "../../../components/program/errors.ts";
import { clientOf, type Step, type Trial, type Watch } from "../step.ts";

const FORBIDDEN = 403;

/**
 * CVAT asks its policy agent for each call. An allowed one is to see oneself. A forbidden one is to see an administrator from one's own space,
 * which is refused to everybody who is none, whatever he is in an organization. (engine/rules/users.rego; recorded of 2.64.0)
 */
export const policy: Step = {
  name: "policy",
  title: "Asking for what is allowed and for what is forbidden",
  limitMs: 60_000,
  needs: ["sign-in"],
  async work(trial, watch) {
    const client = await clientOf(trial, watch);
    const self = await client.get<User>("users/self");
    if (self.username !== client.username) throw new UserError(`CVAT takes ${client.username} for ${self.username}.`);
    const refused = await refusedTo(trial, watch, self);
    const organization = await trial.lab.organization();
    return [
      `${self.username} may`,
      refused,
      organization === "" ? "in his own space" : `in organization ${organization}`,
    ]
      .filter(Boolean)
      .join("; ");
  },
  cure: ({ namespace }) =>
    `CVAT's policy agent decides: kubectl -n ${namespace} logs deployment/cvat-opa. It takes its rules from CVAT's server; kubectl -n ${namespace} rollout restart deployment/cvat-opa has it take them anew.`,
};

/** The person who is refused it: the run's own account, or where that is an administrator, the first of the stack who is none. */
async function refusedTo({ lab }: Trial, { signal }: Watch, self: User): Promise<string> {
  const { sso, cvat } = lab.plan.lab;
  if (sso?.passwordLogin === false)
    return "only the superuser signs in by a password here, so nothing forbidden was asked for";
  const { superuser } = cvat;
  const lesser = everybody(cvat).filter(({ role }) => role !== "admin");
  const who = lesser.find(({ username }) => username === self.username) ?? lesser[0];
  if (who === undefined)
    return "nobody of this stack is less than an administrator, so nothing forbidden was asked for";
  const admin =
    who.username === self.username
      ? await (await lab.cvatOf(superuser.username, { signal })).get<User>("users/self")
      : self;
  const client = await lab.cvatOf(who.username, { signal });
  try {
    await client.get<User>(`users/${admin.id}`, { organization: "" });
  } catch (error) {
    if (error instanceof CvatError && error.status === FORBIDDEN) return `${who.username} (${who.role}) may not`;
    throw error;
  }
  throw new UserError(
    `CVAT shows ${who.username}, who is ${who.role}, the account of ${admin.username}, which its rules forbid: whoever decides allows too much.`,
  );
}
