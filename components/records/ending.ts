/**
 * A signal for one call: its own limit, and that of the run it is made in.
 * @param ends of the run. Default: none.
 */
export function limitedTo(limitMs: number, ends: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(limitMs);
  return ends === undefined ? limit : AbortSignal.any([limit, ends]);
}

/**
 * What work comes to, unless the run ends before: for work of a library that nothing breaks off, which then comes to its own end unheard.
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
