import { Command, Option } from "commander";
import type { MirrorFlags } from "../verbs/images.ts";
import { chartOption, stackCommand } from "./common.ts";

/** `images mirror`: what the lab's pods pull, and whether a registry of one's own has it. */
export function imagesCommand(): Command {
  const command = new Command("images").description("the images that the lab's pods run");
  command.addCommand(
    stackCommand(
      "mirror",
      "what is to be copied into the registry of vision-platform:images.registry",
      "images mirror --check --stack homelab",
    )
      .addOption(
        new Option("--list", "each image and its place there, two names to a line (the default)").conflicts("check"),
      )
      .option("--check", "ask the registry for each; exit code 3 where one is missing")
      .addOption(chartOption())
      .action(async (flags: MirrorFlags) => {
        const { mirror } = await import("../verbs/images.ts");
        await mirror(flags);
      }),
  );
  return command;
}
