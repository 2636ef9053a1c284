import { hostname } from "node:os";
import type { User } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { hasTokens, makeToken } from "../../../components/cvat/tokens/access-tokens.ts";
import { clientOf, LeftOut, type Step } from "../step.ts";
import { withoutSignIn } from "../without-sign-in.ts";

/** A run that was killed leaves it for so long at most; none takes longer. */
const LIFE_MS = 3_600_000;
const LONGEST_NAME = 50;

/** What programs come in by where people sign in by an issuer: the edge lets it past the session, and CVAT judges it. */
export const accessToken: Step = {
  name: "access-token",
  title: "Making an access token, and calling by it",
  limitMs: 60_000,
  needs: ["policy"],
  leftOut: withoutSignIn,
  async work(trial, watch) {
    const client = await clientOf(trial, watch);
    const { version } = await client.get<{ version: string }>("server/about");
    if (!hasTokens(version)) throw new LeftOut(`CVAT ${version} has none, which came with 2.48`);
    const expiry_date = new Date(Date.now() + LIFE_MS).toISOString();
    const name = `smoke test, ${hostname()} ${process.pid}`.slice(0, LONGEST_NAME);
    trial.made.accessToken = await makeToken(client, { name, read_only: false, expiry_date });
    const byToken = await clientOf(trial, watch);
    const self = await byToken.get<User>("users/self");
    if (self.username !== client.username)
      throw new UserError(`CVAT takes a token of ${client.username} for ${self.username}.`);
    return `number ${trial.made.accessToken.id}, by which the rest of this run goes`;
  },
  cure: ({ namespace }) =>
    `Calls with a token pass the edge's route for programs, which goes by the form of their Authorization header: docs/sign-in.md, "CLI and SDK by token"; kubectl -n ${namespace} logs deployment/cvat-backend-server`,
};
