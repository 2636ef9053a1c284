import { UserError } from "../../../components/program/errors.ts";

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 24 * 7 };
const HOUR_MS = 3_600_000;

/**
 * When a token ends, as CVAT takes it: a point in time of ISO 8601; null: never.
 * @param text `90d`, `12h`, `2w`, `2027-01-31` (its midnight in UTC), or `never`
 * @param now milliseconds since 1970
 * @throws UserError for what is neither, and for what is over: CVAT takes it, and the token is dead at once (cvat-real-third-look.md, 2.2)
 */
export function expiryOf(text: string, now: number): string | null {
  if (text === "never") return null;
  const [, amount, unit = ""] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  const at = amount === undefined ? dateOf(text) : now + Number(amount) * (HOURS[unit] ?? 0) * HOUR_MS;
  if (Number.isNaN(at))
    throw new UserError(`--expires ${text}: write 12h, 90d, 2w, a date such as 2027-01-31, or never.`, { exitCode: 2 });
  if (at <= now) throw new UserError(`--expires ${text}: that is over already.`, { exitCode: 2 });
  return new Date(at).toISOString();
}

/** A day that is in the calendar: JavaScript takes the 31st of February for one of March. */
function dateOf(text: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) || new Date(at).toISOString().startsWith(text) ? at : NaN;
}
