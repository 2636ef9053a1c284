import { RestError, type Answered } from "../../rest/errors.ts";

/** Codes of ClearML's errors that are answered here. (clearml-server v2.0.0, apierrors/errors.conf) */
export const REFUSALS = {
  invalidCredentials: [401, 22],
  invalidToken: [401, 30],
  invalidQueueId: [400, 701],
  queueNotEmpty: [400, 702],
  notUnique: [400, 801],
} as const;

export type RefusalName = keyof typeof REFUSALS;

interface Answer extends Answered {
  subcode?: number | undefined;
}

/** A call that ClearML did not do, as one readable line. */
export class ClearmlError extends RestError {
  /** ClearML's own number of the error. */
  readonly subcode: number | undefined;

  constructor(call: string, detail: string, { subcode, ...answered }: Answer = {}) {
    super("ClearML", call, detail, answered);
    this.subcode = subcode;
  }
}

/** Whether an error is this answer of ClearML's. */
export function isRefusal(error: unknown, name: RefusalName): boolean {
  const [status, subcode] = REFUSALS[name];
  return error instanceof ClearmlError && error.status === status && error.subcode === subcode;
}
