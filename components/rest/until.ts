import pRetry from "p-retry";

/** How something is waited for. */
export interface Wait<T> {
  /** Whether what a look came to is what is waited for. */
  isDone: (seen: T) => boolean;
  /** Milliseconds between two looks. */
  everyMs: number;
  /** By how much each further pause is longer, and the longest. Default: all are alike. */
  slower?: { factor: number; atMostMs: number };
  /** Milliseconds until the last look is taken. Default: there is none. */
  withinMs?: number;
  /** What is told when the last look is in vain, by what it came to. Default: nothing, and the wait comes to that. */
  late?: (seen: T) => Error | Promise<Error>;
  /** Ends the wait. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

/**
 * Looks again and again until what is waited for is there, at least once. A wait without an end of its own is over when a look throws.
 * @param look is told for how many whole milliseconds has been waited
 * @throws what a look threw; what `late` tells; what the signal was aborted with
 */
export async function until<T>(look: (passedMs: number) => Promise<T> | T, wait: Wait<T>): Promise<T> {
  const { isDone, everyMs, slower = { factor: 1, atMostMs: everyMs }, withinMs = Infinity, late, signal } = wait;
  const began = performance.now();
  const once = async () => {
    const seen = await look(Math.round(performance.now() - began));
    if (isDone(seen)) return seen;
    throw new NotYet(seen);
  };
  try {
    return await pRetry(once, {
      retries: Infinity,
      minTimeout: everyMs,
      factor: slower.factor,
      maxTimeout: slower.atMostMs,
      maxRetryTime: withinMs,
      shouldRetry: ({ error }) => error instanceof NotYet,
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!(error instanceof NotYet)) throw error;
    const seen = error.seen as T;
    if (late) throw await late(seen);
    return seen;
  }
}

/** What a look came to that is not yet what is waited for. */
class NotYet extends Error {
  readonly seen: unknown;

  constructor(seen: unknown) {
    super();
    this.seen = seen;
  }
}
