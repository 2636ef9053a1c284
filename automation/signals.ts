import { UserError } from "../components/program/errors.ts";

/** What asks this process to end, with the exit code that says so. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type StopSignal = keyof typeof EXIT_CODES;

/** Somebody asked this process to end, and the work at hand was ended in order. */
export class Stopped extends UserError {
  readonly signal: StopSignal;

  constructor(signal: StopSignal, words: string) {
    super(words, { exitCode: EXIT_CODES[signal] });
    this.signal = signal;
  }
}

type Listener = (signal: StopSignal) => void;

// Signals come to the process as a whole: whoever began last is asked, and what is around it is told by the error that this one fails with.
const listeners: Listener[] = [];

const tell: Listener = (signal) => listeners.at(-1)?.(signal);

/**
 * Has `listener` called when this process is asked to end, in the place of ending it and of who listened before.
 * @returns ends that
 */
export function onStop(listener: Listener): () => void {
  if (listeners.length === 0) for (const name of Object.keys(EXIT_CODES)) process.on(name, tell);
  listeners.push(listener);
  return () => {
    listeners.splice(listeners.indexOf(listener), 1);
    if (listeners.length === 0) for (const name of Object.keys(EXIT_CODES)) process.off(name, tell);
  };
}

/**
 * Does `work`, and waits for it no longer when this process is asked to end.
 * @throws Stopped then
 */
export async function untilStopped<T>(work: () => Promise<T>): Promise<T> {
  let off = (): void => undefined;
  const asked = new Promise<never>((_, reject) => {
    off = onStop((signal) => {
      reject(new Stopped(signal, "Stopped."));
    });
  });
  try {
    return await Promise.race([work(), asked]);
  } finally {
    off();
  }
}
