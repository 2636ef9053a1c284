import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Does work under a signal of its own: its limit, and that of the run it is made in. The timer of AbortSignal.timeout goes when garbage is
 * collected while only an AbortSignal.any waits for it, and what hangs is then waited for without an end. (Node 20.20, test/unit/ending.test.ts)
 * With the work, timer and listener go: a run makes thousands of calls, and each would be kept until its limit.
 * @param ends of the run. Default: none.
 * @throws what the work does
 */
export async function limitedTo<T>(
  limitMs: number,
  ends: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ends?.aborted) return work(ends);
  const own = new AbortController();
  const stop = () => {
    own.abort(ends?.reason);
  };
  const timer = setTimeout(() => {
    own.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  }, limitMs);
  timer.unref();
  if (ends) {
    // Every call under way listens to it, and from eleven on Node would warn of a leak.
    setMaxListeners(0, ends);
    ends.addEventListener("abort", stop, { once: true });
  }
  try {
    return await work(own.signal);
  } finally {
    clearTimeout(timer);
    ends?.removeEventListener("abort", stop);
  }
}

/**
 * What work comes to, unless the run ends before: for work that nothing breaks off, or that says it in other words. It comes to its own end
 * unheard.
 * @throws what the signal was aborted with
 */
export async function unlessEnded<T>(ends: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (ends === undefined) return work();
  ends.throwIfAborted();
  let stop: (() => void) | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(ends.reason as Error);
    };
    ends.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work(), ended]);
  } finally {
    if (stop) ends.removeEventListener("abort", stop);
  }
}

/**
 * Waits a moment.
 * @throws what the signal was aborted with, at once
 */
export async function pauseFor(milliseconds: number, ends: AbortSignal | undefined): Promise<void> {
  await pause(milliseconds, undefined, { signal: ends }).catch(() => undefined);
  ends?.throwIfAborted();
}
