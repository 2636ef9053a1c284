import { closest } from "fastest-levenshtein";
import { UserError } from "../../components/program/errors.ts";
import { GO_NEEDED } from "./go.ts";
import { PROGRAMS, type Program } from "./programs.ts";

/** A program that is neither installed nor in the cache. */
export interface Missing {
  program: Program;
  /** One of that name that is here and does not fit, if any. */
  unfit?: string;
  /** Why its publisher's release is not here, where it was to be fetched. */
  unfetched?: string;
}

/** One error for all of it: what is missing, and either cure. */
export function nothingToBuildWith(missing: readonly Missing[], goProblem: string): UserError {
  return new UserError(
    [
      `${missing.length} programs are needed that are not on PATH, and they cannot be built: ${goProblem}.`,
      `Install Go ${GO_NEEDED} or newer (https://go.dev/dl/), which is enough for all of them, or each of these:`,
      ...missing.map(lineOf),
    ].join("\n"),
  );
}

/** What is wanted from PATH alone and is not there. */
export function notOnPath(missing: readonly Missing[]): UserError {
  return new UserError(["Not on PATH:", ...missing.map(lineOf)].join("\n"));
}

/** What is wanted as its publisher released it, and could not be fetched. */
export function notFetched(missing: readonly Missing[]): UserError {
  return new UserError(
    [
      "Could not be fetched; without --from release, what is on PATH is taken, and the rest is built with Go:",
      ...missing.map(lineOf),
    ].join("\n"),
  );
}

/** What only its publisher has, or what is not to be built. */
export function notToBeHad(missing: readonly Missing[]): UserError {
  return new UserError(["Needed, not on this machine, and not built with Go here:", ...missing.map(lineOf)].join("\n"));
}

function lineOf({ program, unfit, unfetched }: Missing): string {
  const reasons = [unfit, unfetched && `not fetched: ${unfetched}`].filter((reason) => reason !== undefined);
  const here = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
  return `  ${program.name} ${program.found?.range ?? program.version}${here}: ${program.install}`;
}

/** A usage error that names the nearest program for every unknown name. */
export function unknownPrograms(names: readonly string[]): UserError {
  const known = PROGRAMS.map((program) => program.name);
  return new UserError(
    names.map(
      (name) => `There is no program ${name}; the nearest is ${closest(name, known)}. Known: ${known.join(", ")}`,
    ),
    { exitCode: 2 },
  );
}
