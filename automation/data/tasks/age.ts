import { UserError } from "../../../components/program/errors.ts";

const SPAN = /^(\d+)([hdw])$/;
const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** The moment a span such as `30d`, `12h` or `2w` ago. @throws UserError, exit code 2, for anything else */
export function ago(text: string, now = Date.now()): Date {
  const [, count, unit = ""] = SPAN.exec(text) ?? [];
  if (count === undefined)
    throw new UserError(`--older-than ${text}: must be a span such as 12h, 30d or 8w.`, { exitCode: 2 });
  return new Date(now - Number(count) * (UNITS[unit] ?? 0));
}
