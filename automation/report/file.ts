import { mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";

/**
 * Makes sure of the place of a report, or of a plan, before the work it is about begins: its folder is made where it is not there.
 * @throws UserError of bad usage, naming the flag
 */
export async function reportPlace(file: string, flag = "--report"): Promise<void> {
  try {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  } catch (error) {
    throw unwritable(file, error, 2, flag);
  }
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw new UserError(`${flag} ${file} is a folder: name a file in it.`, { exitCode: 2 });
}

/** Writes a report. What it says should be on the screen by then: a disk may be full. */
export async function writeReport(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw unwritable(file, error, 1);
  }
}

function unwritable(file: string, error: unknown, exitCode: 1 | 2, flag = "--report"): UserError {
  const why = (error as NodeJS.ErrnoException).code ?? String(error);
  return new UserError(`${flag} ${file} cannot be written (${why}): name a file where you may write.`, {
    exitCode,
    cause: error,
  });
}
