import { distance } from "fastest-levenshtein";
import { UserError } from "../../../components/program/errors.ts";

/** What is looked for by its name, as a person knows it. */
export interface Named {
  id: number;
  name: string;
  created_date?: string;
}

export interface Search<T> {
  /** `project`, `task in project street` */
  what: string;
  name: string;
  /** Those that CVAT gave for the name. It ignores a filter that it does not know, so they are compared here. (cvat-rest-measured.md 0.4) */
  found: readonly T[];
  /** All there are, for what is said where none has the name. */
  all: () => Promise<readonly T[]>;
  /** Where it was looked for: `organization lab`. */
  where: string;
}

const SHOWN = 20;
const NEAREST = 3;
const NUMBER = /^#(\d+)$/;

/**
 * The one of a name. CVAT allows any number of one name, so `#12` names the one with the number 12.
 * @throws UserError, exit code 2, where there is none, with the nearest names, or more than one, with numbers and dates
 */
export async function theOne<T extends Named>({ what, name, found, all, where }: Search<T>): Promise<T> {
  const number = NUMBER.exec(name)?.[1];
  const same = found.filter((one) => (number === undefined ? one.name === name : String(one.id) === number));
  const [first, second] = same;
  if (first && !second) return first;
  if (first) throw new UserError(ambiguous(what, name, where, same), { exitCode: 2 });
  const names = [...new Set((await all()).map((one) => one.name))];
  throw new UserError(noSuch(what, name, where, names), { exitCode: 2 });
}

/** The number in `#12`; undefined for a name. */
export const numberIn = (name: string): number | undefined => {
  const [, number] = NUMBER.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
};

/** `There is no member bob in organization lab. The nearest: …` */
export function noSuch(what: string, name: string, where: string, names: readonly string[]): string {
  const said = `There is no ${what} ${name} in ${where}`;
  if (names.length === 0) return `${said}, and no other.`;
  const nearest = [...names].sort((one, other) => distance(name, one) - distance(name, other)).slice(0, NEAREST);
  return names.length <= NEAREST
    ? `${said}. It has: ${nearest.join(", ")}.`
    : `${said}. The nearest of ${names.length}: ${nearest.join(", ")}.`;
}

function ambiguous(what: string, name: string, where: string, same: readonly Named[]): string {
  const lines = same
    .slice(0, SHOWN)
    .map(({ id, created_date = "" }) => `  #${id}  made ${created_date.slice(0, 16).replace("T", " ")}`);
  return [
    `There are ${same.length} of the name ${name} in ${where} (${what}). Say its number in the place of the name, as #${same[0]?.id ?? 0}:`,
    ...lines,
    ...(same.length > SHOWN ? [`  and ${same.length - SHOWN} more`] : []),
  ].join("\n");
}
