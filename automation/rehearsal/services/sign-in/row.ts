import type { RehearsalService } from "../service.ts";

/** Opens nothing: no issuer has such a client. */
const SECRET = "of-the-rehearsals-own-client";

/** An issuer that somebody made the client at by hand. Pods of a rehearsal run nothing, so nobody asks it, and only its secret is missing. */
export const SIGN_IN_SERVICE: RehearsalService = {
  name: "sign-in",
  wanted: ({ lab }) => lab.sso !== undefined && lab.sso.keycloak === undefined,
  start: ({ plan: { lab } }) =>
    Promise.resolve({
      url: lab.sso?.issuer ?? "",
      port: 0,
      notes: ["the issuer of sign-in is not there: nobody signs in, and no pod asks it"],
      secrets: [{ at: ["vision-platform:sso", "secrets", "client"], value: SECRET }],
    }),
};
