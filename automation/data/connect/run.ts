import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Progress } from "../../progress.ts";
import { onStop, Stopped } from "../../signals.ts";
import { dataLab, type DataFlags, type DataLab } from "./lab.ts";

/** How long work that is asked to end may take to clear away what it has made, in milliseconds. */
const CLEARING_MS = 60_000;

/** In what state things are, should the work be stopped now: sentences, or how to find them out. The last one that was told counts. */
export type Standing = string | (() => Promise<string>);

/**
 * Does a data verb's work. When this process is asked to end, the signal is aborted and the work has a minute to clear away, or until it is
 * asked once more. Ways to the lab that were opened are closed at the end.
 * @throws Stopped where it was asked to end, with what the work said of how things stand
 */
export async function inDataLab<T>(
  flags: DataFlags,
  progress: Progress,
  work: (lab: DataLab, signal: AbortSignal, stands: (how: Standing) => void) => Promise<T>,
): Promise<T> {
  return stoppable(progress, async (signal) => {
    const lab = await dataLab(flags, progress, signal);
    let standing: Standing = "";
    try {
      const result = await work(lab, signal, (how) => (standing = how));
      if (signal.aborted) standing = "It was done by then.";
      signal.throwIfAborted();
      return result;
    } catch (error) {
      const { reason } = signal as { reason: unknown };
      // What the work itself says of its end is truer.
      if (!(reason instanceof Stopped) || (error instanceof Stopped && error !== reason)) throw error;
      throw new Stopped(reason.signal, ["Stopped.", await said(standing)].filter(Boolean).join(" "));
    } finally {
      await lab.close();
    }
  });
}

async function said(standing: Standing): Promise<string> {
  if (typeof standing === "string") return standing;
  return standing().catch((error: unknown) => `How things stand could not be asked: ${(error as Error).message}`);
}

/** Work that clears away by itself when its signal is aborted. @throws Stopped then */
export async function stoppable<T>(
  progress: Pick<Progress, "line">,
  work: (signal: AbortSignal) => Promise<T>,
  clearingMs = CLEARING_MS,
): Promise<T> {
  const ends = new AbortController();
  // Every call under way listens to it, and from eleven on Node would warn of a leak.
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
