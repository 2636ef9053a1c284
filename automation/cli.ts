import { CommanderError, type Command } from "commander";
import { UserError } from "../components/program/errors.ts";
import { letGoOfTerminal, outliveReaders } from "./lost-reader.ts";
import { commandTree, defaultVerb } from "./program.ts";
import { useEnvironmentProxy } from "../components/rest/proxy.ts";
import { Stopped } from "./signals.ts";

/**
 * Runs one verb. Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 differences found, 129, 130 and 143 ended by a signal. What went wrong is said on stderr, and with
 * `--json` it is the one document on stdout as well.
 */
async function main(args: readonly string[]): Promise<void> {
  outliveReaders();
  const program = commandTree();
  exitInsteadOf(program);
  try {
    await useEnvironmentProxy();
    await program.parseAsync(refusable(program, args), { from: "user" });
  } catch (error) {
    process.exitCode = report(error, args.includes("--json"));
    // The program of an engine that was stopped half-way may wait for answers that never come.
    if (!(error instanceof Stopped)) return;
    if (error.signal === "SIGHUP") letGoOfTerminal();
    process.exit();
  }
}

const HELP = ["--help", "-h", "help"];

/** Asked for the help of a verb that it does not know, commander shows the help of all and calls that done. Without the wish it refuses the verb. */
function refusable(program: Command, args: readonly string[]): readonly string[] {
  let command = program;
  for (const word of args) {
    if (word.startsWith("-") || HELP.includes(word)) continue;
    const verb = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (!verb) return defaultVerb(command) ? args : args.filter((one) => !HELP.includes(one));
    if (verb.commands.length === 0) return args;
    command = verb;
  }
  return args;
}

/** Commander ends the process by itself with 1 for bad usage; here that is 2. */
function exitInsteadOf(command: Command): void {
  command.exitOverride();
  command.commands.forEach(exitInsteadOf);
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    if (error.message === "") return error.exitCode;
    process.stderr.write(`${error.message}\n`);
    if (json) process.stdout.write(`${JSON.stringify({ problems: error.problems }, null, 2)}\n`);
    return error.exitCode;
  }
  // The engine's own errors carry everything it printed, so no more than the first line is shown unless asked for.
  const [first = "", ...rest] = (error instanceof Error ? (error.stack ?? error.message) : String(error)).split("\n");
  process.stderr.write(`${first}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ problems: [first] }, null, 2)}\n`);
  if (process.env["VISION_PLATFORM_DEBUG"]) process.stderr.write(`${rest.join("\n")}\n`);
  else
    process.stderr.write(
      "This should not happen: please report it. VISION_PLATFORM_DEBUG=1 shows where it came from.\n",
    );
  return 1;
}

await main(process.argv.slice(2));
