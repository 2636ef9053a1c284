import { patiently } from "../../rest/patience.ts";
import { verdictOf, type Question, type Verdict, type Way } from "./questions.ts";

export interface Heard {
  status: number;
  text: string;
  /** How long CVAT asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/** Sends the question to CVAT. Throws, with a sentence, where no answer came. */
export type Send = (path: string) => Promise<Heard>;

/** What became of a question. */
export interface Finding extends Pick<Question, "about" | "path"> {
  way: Way;
  /** `unknown`: nobody can tell. */
  verdict: "open" | "closed" | "unknown";
  /** What was answered, or why nothing was. */
  detail: string;
}

export interface Patience {
  /** How often one question is asked. */
  attempts: number;
  /** Between two attempts, in milliseconds, where CVAT does not say how long. */
  pauseMs: number;
  /** No attempt begins later than this after the first, in milliseconds. */
  boundMs: number;
}

/** Of a CVAT that was closed before: each question once. */
export const IN_PASSING: Patience = { attempts: 1, pauseMs: 0, boundMs: 3_000 };

/** A CVAT that has just come up answers in the second attempt; one that is asked too often wants up to a minute (cvat-rest-measured.md 7.4). */
export const PATIENCE: Patience = { attempts: 3, pauseMs: 1_000, boundMs: 90_000 };

/**
 * Asks one after the other, so that what is counted is little. Where no answer comes at all, the other questions of this way are not asked.
 * @param signal ends the questions. Default: nothing does.
 * @throws what the signal was aborted with
 */
export async function ask(
  way: Way,
  questions: readonly Question[],
  send: Send,
  patience: Patience = PATIENCE,
  signal?: AbortSignal,
): Promise<Finding[]> {
  const end = Date.now() + patience.boundMs;
  const findings: Finding[] = [];
  for (const { about, path, ways } of questions) {
    if (!ways.includes(way)) continue;
    signal?.throwIfAborted();
    const { verdict, detail, reached } = await askOne(path, send, { ...patience, end }, signal);
    findings.push({ about, path, way, verdict: KNOWN[verdict], detail });
    if (!reached) break;
  }
  return findings;
}

const KNOWN = { open: "open", closed: "closed", busy: "unknown", unclear: "unknown" } as const;

interface Answered {
  verdict: Verdict;
  detail: string;
  reached: boolean;
}

async function askOne(
  path: string,
  send: Send,
  { end, ...patience }: Patience & { end: number },
  signal: AbortSignal | undefined,
): Promise<Answered> {
  const asked = async () => {
    const { retryAfterMs, ...answered } = await once(path, send);
    if (answered.verdict === "busy") throw new Busy(answered, retryAfterMs);
    return answered;
  };
  try {
    return await patiently(asked, {
      attempts: patience.attempts,
      firstPauseMs: patience.pauseMs,
      longestPauseMs: patience.pauseMs,
      signal,
      mayPass: (error) => error instanceof Busy && Date.now() + (error.retryAfterMs ?? 0) + patience.pauseMs <= end,
    });
  } catch (error) {
    if (error instanceof Busy) return error.answered;
    throw error;
  }
}

/** An answer that may be another a little later. */
class Busy extends Error {
  readonly answered: Answered;
  readonly retryAfterMs: number | undefined;

  constructor(answered: Answered, retryAfterMs: number | undefined) {
    super(answered.detail);
    this.answered = answered;
    this.retryAfterMs = retryAfterMs;
  }
}

async function once(path: string, send: Send): Promise<Answered & { retryAfterMs?: number | undefined }> {
  try {
    const { status, text, retryAfterMs } = await send(path);
    return { verdict: verdictOf({ status, text }), detail: `it answers ${status}`, reached: true, retryAfterMs };
  } catch (error) {
    return { verdict: "busy", detail: error instanceof Error ? error.message : String(error), reached: false };
  }
}
