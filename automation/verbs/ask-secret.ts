import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UserError } from "../../components/program/errors.ts";

/**
 * A secret from a person: typed at the terminal, where it is not shown, or the first line of what comes in on stdin.
 * @throws UserError, exit code 2, where nothing comes
 */
export async function askForSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write(question);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: stdin, output: unseen, terminal: stdin.isTTY });
  const typed = await new Promise<string>((resolve) => {
    line.once("line", resolve);
    line.once("close", () => resolve(""));
    // In raw mode the terminal sends no signal by itself.
    line.once("SIGINT", () => {
      line.close();
      process.kill(process.pid, "SIGINT");
    });
  });
  line.close();
  if (stdin.isTTY) stderr.write("\n");
  if (typed === "")
    throw new UserError("No password came: type it at the terminal, or send it on stdin, as in `< FILE`.", {
      exitCode: 2,
    });
  return typed;
}
