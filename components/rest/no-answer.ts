/**
 * Why a call with `fetch` got no answer, in words. With an untrusted certificate, the cure too.
 * @param limitMs how long the answer was waited for, in milliseconds
 */
export function whyNoAnswer(error: unknown, limitMs: number): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return `no answer within ${limitMs / 1000} s`;
  const { cause } = error;
  const { code, message } = (cause instanceof Error ? cause : error) as NodeJS.ErrnoException;
  if (code !== undefined && /CERT|SIGNATURE/.test(code))
    return `this machine does not trust its certificate (${code}); name the file of its authority in NODE_EXTRA_CA_CERTS`;
  return `no answer (${code ?? message})`;
}
