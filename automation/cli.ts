import { Command, CommanderError } from "commander";
import { UserError } from "../components/errors.ts";
import { chartsCommand } from "./commands/charts.ts";
import { configCommand } from "./commands/config.ts";
import { destroyCommand } from "./commands/destroy.ts";
import { outputsCommand } from "./commands/outputs.ts";
import { previewCommand } from "./commands/preview.ts";
import { rehearseCommand } from "./commands/rehearse.ts";
import { toolsCommand } from "./commands/tools.ts";
import { upCommand } from "./commands/up.ts";

const VERBS = [
  rehearseCommand,
  toolsCommand,
  configCommand,
  chartsCommand,
  previewCommand,
  upCommand,
  destroyCommand,
  outputsCommand,
];

/** Runs one verb. Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 differences found. */
async function main(args: readonly string[]): Promise<void> {
  const program = new Command("vision-platform").description(
    "A self-hosted computer-vision lab on K3s: CVAT, Nuclio, ClearML and MinIO from one Pulumi program.",
  );
  for (const verb of VERBS) program.addCommand(verb());
  exitInsteadOf(program);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Commander ends the process by itself with 1 for bad usage; here that is 2. */
function exitInsteadOf(command: Command): void {
  command.exitOverride();
  command.commands.forEach(exitInsteadOf);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    if (error.message !== "") process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  // The engine's own errors carry everything it printed, so no more than the first line is shown unless asked for.
  const [first = "", ...rest] = (error instanceof Error ? (error.stack ?? error.message) : String(error)).split("\n");
  process.stderr.write(`${first}\n`);
  if (process.env["VISION_PLATFORM_DEBUG"]) process.stderr.write(`${rest.join("\n")}\n`);
  else
    process.stderr.write(
      "This should not happen: please report it. VISION_PLATFORM_DEBUG=1 shows where it came from.\n",
    );
  return 1;
}

await main(process.argv.slice(2));
