/** Keys of the one Secret of sign-in. */
export const SECRET_KEYS = {
  /** The client's secret, as the issuer has it. */
  client: "client-secret",
  /** Key by which the proxy encrypts its cookies. */
  cookie: "cookie-secret",
  /** Password of the sessions. */
  sessions: "sessions-password",
} as const;
