import { createInterface } from "node:readline/promises";
import { UserError } from "../../components/program/errors.ts";

/**
 * Asks a person, at the terminal, for the stack's name before something is done that nobody takes back by accident.
 * @param question what is asked: `Remove them?`
 * @param otherwise what is said where another name is typed: `Nothing was removed.`
 * @throws UserError then
 */
export async function askForName(stack: string, question: string, otherwise: string): Promise<void> {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await line.question(`${question} Type the stack's name (${stack}): `);
  line.close();
  if (answer.trim() !== stack) throw new UserError(otherwise);
}

/**
 * Asks a person, at the terminal, for a name before something is replaced.
 * @throws UserError, exit code 2, where there is no terminal or another name is typed
 */
export async function askForTyped(name: string, question: string, otherwise: string): Promise<void> {
  const refused = new UserError(`${question} ${otherwise}`, { exitCode: 2 });
  if (!process.stdin.isTTY) throw refused;
  const line = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await line.question(`${question} To go on, type its name (${name}): `);
  line.close();
  if (answer.trim() !== name) throw refused;
}
