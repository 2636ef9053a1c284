import { Command } from "commander";
import { PROGRAMS } from "../tools/programs.ts";

/** `tools`: obtain the engine's and the rehearsal's programs, and say where each came from. */
export function toolsCommand(): Command {
  return new Command("tools")
    .description("obtain the programs that the engine and rehearsals run, and list where each came from")
    .argument("[names...]", `which programs (default: all but ${optional()})`)
    .option("--json", "one JSON document on stdout: {tools: [{name, version, path, origin}]}")
    .addHelpText(
      "after",
      [
        "",
        "A program is taken from PATH at a fitting version, else from the cache, else built with Go (minutes, once).",
        `Known programs: ${PROGRAMS.map((program) => program.name).join(", ")}`,
        "The cache is ~/.cache/vision-platform, or the folder that VISION_PLATFORM_CACHE names.",
        "",
        "Examples:",
        "  npm run platform -- tools",
        "  npm run --silent platform -- tools kubectl --json",
      ].join("\n"),
    )
    .action(async (names: string[], flags: { json?: true }) => (await import("../verbs/tools.ts")).tools(names, flags));
}

function optional(): string {
  return PROGRAMS.filter((program) => program.optional)
    .map((program) => program.name)
    .join(", ");
}
