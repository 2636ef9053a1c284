import { readFile } from "node:fs/promises";
import { UserError } from "../../components/program/errors.ts";

/**
 * A file that somebody named on the command line.
 * @param called how it is called to a person. Default: by its path
 * @throws UserError, exit code 2
 */
export function givenFile(file: string, called = file): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new UserError(`${called} cannot be read (${code}).`, { exitCode: 2 });
  });
}
