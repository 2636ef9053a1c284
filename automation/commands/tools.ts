import { Command, Option } from "commander";
import { PROGRAMS } from "../tools/programs.ts";
import { WAYS, type Way } from "../tools/ways.ts";

/** `tools`: obtain the engine's and the rehearsal's programs, and say where each came from. */
export function toolsCommand(): Command {
  return new Command("tools")
    .description("obtain the programs that the engine and rehearsals run, and list where each came from")
    .argument("[names...]", `which programs (default: all but ${optional()})`)
    .addOption(new Option("--from <way>", "this way alone, also where another leads there sooner").choices(WAYS))
    .option("--json", "one JSON document on stdout: {tools: [{name, version, path, origin, release?}]}")
    .addHelpText(
      "after",
      [
        "",
        "A program is taken from PATH at a fitting version, else from the cache, else fetched from its publisher (seconds, once),",
        "else built with Go (minutes, once). A release is checked against a sha256 that is pinned here, else its publisher's own.",
        `Known programs: ${PROGRAMS.map((program) => program.name).join(", ")}`,
        "The cache is ~/.cache/vision-platform (macOS: ~/Library/Caches/vision-platform), or the folder that VISION_PLATFORM_CACHE names.",
        "",
        "Examples:",
        "  npm run platform -- tools",
        "  npm run --silent platform -- tools kubectl --json",
        "  npm run platform -- tools --from release",
      ].join("\n"),
    )
    .action(async (names: string[], flags: { from?: Way; json?: true }) =>
      (await import("../verbs/tools.ts")).tools(names, flags),
    );
}

function optional(): string {
  return PROGRAMS.filter((program) => program.optional)
    .map((program) => program.name)
    .join(", ");
}
