import type { Trial } from "./step.ts";

/** Why what sign-in alone has is not asked for. Undefined: people sign in by an issuer. */
export const withoutSignIn = ({ lab }: Trial): string | undefined =>
  lab.plan.lab.sso === undefined ? "people sign in by CVAT's own passwords (vision-platform:sso)" : undefined;
