import { pauseFor } from "./ending.ts";
import pRetry from "p-retry";

/** The longest that a server may ask to be left alone, in milliseconds. One that asks for more is told as an error at once: a run ends. */
const LONGEST_WAIT_MS = 60_000;

/** How a call is sent again. */
export interface Patience {
  /** How often it is sent at most, the first time included. */
  attempts: number;
  /** Milliseconds before the second time; each further wait is twice as long. */
  firstPauseMs: number;
  /** Milliseconds that no wait of our own exceeds. Default: none. */
  longestPauseMs?: number;
  /** Milliseconds after which it is given up, whatever is left. Default: none. */
  triedForMs?: number;
  /** Ends the attempts and the waits between them. Default: nothing does. */
  signal?: AbortSignal | undefined;
  /** Whether the same call may go through a little later. `attempt` is 1 after the first. */
  mayPass: (error: Error, attempt: number) => boolean;
}

/**
 * Sends a call again while its error may pass, and no sooner than the server asked for.
 * @throws what the signal was aborted with
 */
export function patiently<T>(call: (attempt: number) => Promise<T>, patience: Patience): Promise<T> {
  const { attempts, firstPauseMs, longestPauseMs, triedForMs, signal, mayPass } = patience;
  return pRetry(call, {
    retries: attempts - 1,
    minTimeout: firstPauseMs,
    ...(longestPauseMs !== undefined && { maxTimeout: longestPauseMs }),
    ...(triedForMs !== undefined && { maxRetryTime: triedForMs }),
    ...(signal && { signal }),
    randomize: true,
    shouldRetry: async ({ error, attemptNumber }) => {
      const asked = askedToWaitMs(error);
      if (asked > LONGEST_WAIT_MS || !mayPass(error, attemptNumber)) return false;
      await pauseFor(asked, signal);
      return true;
    },
  });
}

/**
 * What the header `Retry-After` asks for, in milliseconds: a number of seconds or a date (RFC 9110, 10.2.3). Undefined when it is missing,
 * over, or neither.
 */
export function retryAfterMs(header: string | null | undefined, now = Date.now()): number | undefined {
  if (header === null || header === undefined) return undefined;
  const wait = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? wait : undefined;
}

function askedToWaitMs(error: Error): number {
  const { retryAfterMs: asked } = error as { retryAfterMs?: unknown };
  return typeof asked === "number" ? asked : 0;
}
