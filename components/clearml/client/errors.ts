import { UserError } from "../../program/errors.ts";

/** Codes of ClearML's errors that are answered here. (clearml-server v2.0.0, apierrors/errors.conf) */
export const REFUSALS = {
  invalidCredentials: [401, 22],
  invalidToken: [401, 30],
  invalidQueueId: [400, 701],
  queueNotEmpty: [400, 702],
  notUnique: [400, 801],
} as const;

export type RefusalName = keyof typeof REFUSALS;

interface Answer {
  status?: number;
  subcode?: number | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** A call that ClearML did not do, as one readable line. */
export class ClearmlError extends UserError {
  /** HTTP status; undefined when no answer came, and then nobody knows whether the call was done. */
  readonly status: number | undefined;
  /** ClearML's own number of the error. */
  readonly subcode: number | undefined;
  /** How long the server, or a proxy before it, asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(call: string, detail: string, answer: Answer = {}) {
    const { status, subcode, retryAfterMs, cause } = answer;
    super(status === undefined ? `${call}: ${detail}` : `ClearML answers ${status} to ${call}: ${detail}`, { cause });
    this.status = status;
    this.subcode = subcode;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the call may have been done although it failed. */
  get maybeDone(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}

/** Whether an error is this answer of ClearML's. */
export function isRefusal(error: unknown, name: RefusalName): boolean {
  const [status, subcode] = REFUSALS[name];
  return error instanceof ClearmlError && error.status === status && error.subcode === subcode;
}
