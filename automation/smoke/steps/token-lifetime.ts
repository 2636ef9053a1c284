import { UserError } from "../../../components/program/errors.ts";
import { millisecondsOf } from "../../../components/schema/values.ts";
import type { SsoConfig } from "../../../components/sso/sso-config.ts";
import { duration } from "../../progress.ts";
import { LeftOut, type Step } from "../step.ts";
import { withoutSignIn } from "../without-sign-in.ts";

/** The longest-lived token of the last hour, of which CVAT's server took note. (components/sso/django/lifetime.py) */
interface Seen {
  /** Null: nobody signed in. */
  seconds: number | null;
}

/** An issuer may date a token a second sooner or later than it counts. */
const TOLERANCE_SECONDS = 2;

/** What the stack file says of the issuer's tokens, beside a real one. */
export const tokenLifetime: Step = {
  name: "token-lifetime",
  title: "Comparing sso.tokenLifetime with a real token",
  limitMs: 60_000,
  needs: ["sign-in"],
  leftOut: withoutSignIn,
  async work({ lab }, { signal }) {
    const { sso, cvat } = lab.plan.lab;
    if (sso === undefined) throw new Error("nobody signs in here");
    // Of the emergency account alone, whoever the run is.
    const client = await lab.cvatOf(cvat.superuser.username, { signal });
    const seen = await client.find<Seen>("sso/token-lifetime");
    if (seen === undefined)
      throw new UserError("CVAT's server has not the sign-in of this version: npm run platform -- up");
    if (seen.seconds === null)
      throw new LeftOut(
        `nobody has signed in by ${sso.issuer} within the hour: do it once in a browser, and run smoke again`,
      );
    const problems = differences(sso, seen.seconds);
    if (problems.length > 0) throw new UserError(problems);
    return `tokens of ${sso.issuer} are good for ${words(seen.seconds)}, and are renewed after ${sso.refresh}`;
  },
  cure: () => 'docs/sign-in.md, "Sessions: refresh, expiry, what happens when Redis or the issuer is down"',
};

/**
 * What a real token contradicts, each as a sentence.
 * @param seconds that it was good for
 */
export function differences(
  {
    issuer,
    refresh,
    tokenLifetime: said,
    keycloak,
  }: Pick<SsoConfig, "issuer" | "refresh" | "tokenLifetime" | "keycloak">,
  seconds: number,
): string[] {
  const real = `Tokens of ${issuer} are good for ${words(seconds)}`;
  // Of a realm that it works on, `up` has asked Keycloak itself.
  const isSaid = keycloak === undefined && Math.abs(millisecondsOf(said) / 1000 - seconds) > TOLERANCE_SECONDS;
  return [
    ...(millisecondsOf(refresh) >= seconds * 1000
      ? [
          `${real}, and vision-platform:sso.refresh is ${refresh}: everybody is signed out by then. Make it shorter, or have the issuer's tokens live longer.`,
        ]
      : []),
    ...(isSaid
      ? [
          `${real}, and vision-platform:sso.tokenLifetime says ${said}: by that is told how late a token ends that somebody stole, and what refresh must stay below. Write what the issuer gives.`,
        ]
      : []),
  ];
}

const words = (seconds: number): string => (seconds % 60 === 0 ? `${seconds / 60} min` : duration(seconds * 1000));
