import { UserError } from "../program/errors.ts";
import { untrustedBy } from "./no-answer.ts";

const LONGEST_DETAIL = 500;

/** What is known of an answer, or why none came. */
export interface Answered {
  status?: number;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** A call that a REST system did not do, as one readable line. */
export class RestError extends UserError {
  /** HTTP status; undefined when no answer came, and then nobody knows whether the call was done. */
  readonly status: number | undefined;
  /** What the system says, without the call; or why it says nothing. */
  readonly detail: string;
  /** How long the server, or a proxy before it, asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(system: string, call: string, detail: string, { status, retryAfterMs, cause }: Answered = {}) {
    super(status === undefined ? `${call}: ${detail}` : `${system} answers ${status} to ${call}: ${detail}`, { cause });
    this.status = status;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the call may have been done although it failed. */
  get maybeDone(): boolean {
    return this.status === undefined || this.status >= 500;
  }

  /** Whether nobody known here vouches for the server's certificate. */
  get isUntrusted(): boolean {
    return untrustedBy(this.cause) !== undefined;
  }

  /** Whether the answer stayed away for as long as was waited for it. */
  get isLate(): boolean {
    return isLate(this.cause);
  }
}

/** Whether an error says that a time limit was over. */
export function isLate(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** As much of what a system says as a person reads. */
export function shortened(text: string): string {
  return text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL)}…` : text;
}
