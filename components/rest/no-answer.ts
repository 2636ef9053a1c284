/**
 * Why a call with `fetch` got no answer, in words. With an untrusted certificate, the cure too.
 * @param limitMs how long the answer was waited for, in milliseconds
 */
export function whyNoAnswer(error: unknown, limitMs: number): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return `no answer within ${limitMs / 1000} s`;
  const { code, message } = reasonOf(error);
  if (code !== undefined && /CERT|SIGNATURE/.test(code))
    return `this machine does not trust its certificate (${code}); name the file of its authority in NODE_EXTRA_CA_CERTS`;
  return `no answer (${code ?? message})`;
}

/** What the connection failed with, where nobody known here vouches for the server's certificate: `SELF_SIGNED_CERT_IN_CHAIN`; else undefined. */
export function untrustedBy(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "" } = reasonOf(error);
  return /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code) ? code : undefined;
}

/** `fetch` wraps it. */
const reasonOf = (error: Error) => (error.cause instanceof Error ? error.cause : error) as NodeJS.ErrnoException;
