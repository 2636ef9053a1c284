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
  if (!(error instanceof auto.CommandError)) return error;
  const words = wordsIn(stripVTControlCharacters(error.message)) ?? "the engine stopped without saying why";
  const cure = cureFor(words, "engine");
  return new UserError(`${words}${heldBy(error)}${cure ? `\n    ${cure}` : ""}`, { cause: error });
}

/** The engine's last words; of several errors the first that says something. */
function wordsIn(text: string): string | undefined {
  const several = /^error: \d+ errors? occurred:\s*\n\s+(?:1\)|\*) (.*)$/m.exec(text);
  return (several ?? /^error: (.*)$/m.exec(text))?.[1];
}

/** Who holds the locks, which the engine says on further lines. */
function heldBy(error: auto.CommandError): string {
  const holders = locksIn(error.message).map(({ holder }) => holderText(holder));
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
