import { setTimeout as pause } from "node:timers/promises";

/**
 * A signal for one call: its own limit, and that of the run it is made in.
 * @param ends of the run. Default: none.
 */
export function limitedTo(limitMs: number, ends: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(limitMs);
  return ends === undefined ? limit : AbortSignal.any([limit, ends]);
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
