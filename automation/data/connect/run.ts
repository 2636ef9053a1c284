import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Progress } from "../../progress.ts";
import { onStop, Stopped } from "../../signals.ts";
import { dataLab, type DataFlags, type DataLab } from "./lab.ts";

/** How long work that is asked to end may take to clear away what it has made, in milliseconds. */
const CLEARING_MS = 60_000;

/**
 * Does a data verb's work. When this process is asked to end, the signal is aborted and the work has a minute to clear away, or until it is
 * asked once more. Ways to the lab that were opened are closed at the end.
 * @throws Stopped where it was asked to end, whatever the work came to then
 */
export async function inDataLab<T>(
  flags: DataFlags,
  progress: Progress,
  work: (lab: DataLab, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return stoppable(progress, async (signal) => {
    const lab = await dataLab(flags, progress, signal);
    try {
      return await work(lab, signal);
    } finally {
      await lab.close();
    }
  });
}

/** Work that clears away by itself when its signal is aborted. @throws Stopped then */
export async function stoppable<T>(
  progress: Pick<Progress, "line">,
  work: (signal: AbortSignal) => Promise<T>,
  clearingMs = CLEARING_MS,
): Promise<T> {
  const ends = new AbortController();
  // As many as there are calls side by side, which Node takes for a leak and says so.
  setMaxListeners(0, ends.signal);
  let giveUp: (error: Stopped) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
  const off = onStop((signal) => {
    if (ends.signal.aborted) {
      giveUp(new Stopped(signal, "Stopped before everything was cleared away."));
      return;
    }
    progress.line("Stopping. Once more, and nothing is cleared away.");
    const stopped = new Stopped(signal, "Stopped.");
    ends.abort(stopped);
    void pause(clearingMs, undefined, { ref: false }).then(() => {
      giveUp(new Stopped(signal, `Stopped. What was to be cleared away took more than ${clearingMs / 1000} s.`));
    });
  });
  try {
    const result = await Promise.race([work(ends.signal), givenUp]);
    ends.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw ends.signal.aborted ? (ends.signal.reason as Stopped) : error;
  } finally {
    off();
  }
}
