/**
 * Forms of the header Authorization that CVAT's own credentials have: the key of a login, and an access token. A JSON Web Token has neither
 * form, so nobody gets past the session by one. (sign-in-parts.md 4; cvat-real-third-look.md 2)
 */
const TOKENS = ["token [0-9a-f]{40}", String.raw`bearer [a-z0-9]{8}\.[a-z0-9]{32}`] as const;

/** User name and password. */
const BASIC = "basic [a-z0-9+/=]+";

/** A regular expression of these forms. @param passwords whether a user name with a password is one of them */
export function credentialForms({ passwords }: { passwords: boolean }): string {
  return `(?i)^(${[...TOKENS, ...(passwords ? [BASIC] : [])].join("|")})$`;
}
