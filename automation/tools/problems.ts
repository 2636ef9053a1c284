import { closest } from "fastest-levenshtein";
import { UserError } from "../../components/errors.ts";
import { GO_NEEDED } from "./go.ts";
import { PROGRAMS, type Program } from "./programs.ts";

/** A program that is neither installed nor in the cache. */
export interface Missing {
  program: Program;
  /** One of that name that is here and does not fit, if any. */
  unfit?: string;
}

/** One error for all of it: what is missing, and either cure. */
export function nothingToBuildWith(missing: readonly Missing[], goProblem: string): UserError {
  const lines = missing.map(({ program, unfit }) => {
    const here = unfit === undefined ? "" : ` (${unfit})`;
    return `  ${program.name} ${program.found?.range ?? program.version}${here}: ${program.install}`;
  });
  return new UserError(
    [
      `${missing.length} programs are needed that are not on PATH, and they cannot be built: ${goProblem}.`,
      `Install Go ${GO_NEEDED} or newer (https://go.dev/dl/), which is enough for all of them, or each of these:`,
      ...lines,
    ].join("\n"),
  );
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
