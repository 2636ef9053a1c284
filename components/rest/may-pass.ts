/** A call that failed, as far as it tells whether the same may go through a little later. */
export interface Failed {
  /** HTTP status; undefined when no answer came. */
  status: number | undefined;
  /** Whether the answer stayed away for as long as was waited for it. */
  isLate: boolean;
  /** Whether nobody known here vouches for the server's certificate. Default: it is not known. */
  isUntrusted?: boolean;
}

/** What a call does when it is sent twice. */
export interface Sent {
  /** Whether it ends where it began the first time. */
  repeatable: boolean;
  /** Whether it only looks, or signs in. */
  changesNothing: boolean;
}

const TURNED_AWAY = 429;
const FAILS = 500;
const BUSY = [502, 503, 504];

/**
 * Whether a call may be sent again. One that was turned away unread was not done, whatever it is. Of the others none that could be done twice:
 * whoever makes something looks for it afterwards. A look that the server fails on is taken once more. What timed out is not asked again: it had
 * its time. A certificate that nobody vouches for is the same in the next minute.
 * @param attempt 1 after the first
 */
export function mayPass(failed: Failed, { repeatable, changesNothing }: Sent, attempt: number): boolean {
  const { status, isLate, isUntrusted = false } = failed;
  if (isUntrusted) return false;
  if (status === TURNED_AWAY) return true;
  if (status === FAILS) return changesNothing && attempt === 1;
  if (!repeatable) return false;
  return status === undefined ? !isLate : BUSY.includes(status);
}
