import { stripVTControlCharacters } from "node:util";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { UserError } from "../../components/program/errors.ts";
import { cureFor } from "./cures.ts";
import { holderText, locksIn } from "./locks.ts";

/**
 * The engine failed before it could report events: its own last words, which it prints on stderr, with their cure where one is known.
 * What is no failure of the engine is given back as it is.
 */
export function refusal(error: unknown): unknown {
  return error instanceof auto.CommandError ? refusedBy(error.message, error) : error;
}

/** What the engine refuses, by what it printed. */
export function refusedBy(printed: string, cause: unknown): UserError {
  const words = wordsIn(stripVTControlCharacters(printed)) ?? "the engine stopped without saying why";
  const cure = cureFor(words, "engine");
  return new UserError(`${words}${heldBy(printed)}${cure ? `\n    ${cure}` : ""}`, { cause });
}

/** The engine's last words; of several errors the first that says something. */
function wordsIn(text: string): string | undefined {
  const several = /^error: \d+ errors? occurred:\s*\n\s+(?:1\)|\*) (.*)$/m.exec(text);
  return (several ?? /^error: (.*)$/m.exec(text))?.[1];
}

/** Who holds the locks, which the engine says on further lines. */
function heldBy(printed: string): string {
  const holders = locksIn(printed).map(({ holder }) => holderText(holder));
  return holders.length > 0 ? ` Locked by ${holders.join(", ")}.` : "";
}

/** What the engine gives. @throws UserError with what it refuses. */
export async function orRefusal<T>(given: Promise<T>): Promise<T> {
  try {
    return await given;
  } catch (error) {
    throw refusal(error);
  }
}
