/** Form of an access token's value. (cvat-real-third-look.md 2) */
const ACCESS_TOKEN = /^[a-z0-9]{8}\.[a-z0-9]{32}$/i;

/** The header Authorization for one of CVAT's own credentials: an access token, or the key of a login. */
export const authorizationOf = (credential: string): string =>
  `${ACCESS_TOKEN.test(credential) ? "Bearer" : "Token"} ${credential}`;
