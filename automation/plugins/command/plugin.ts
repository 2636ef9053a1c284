import type { Plugin } from "../../../provider/protocol/plugin.ts";
import { COMMAND_PLUGIN } from "../command-row.ts";
import { lastWord } from "../compare.ts";
import { localCommand, type Place } from "./local.ts";

/** @param place folder of the stack, and the engine's environment: what the engine's plugins run in */
export function commandPlugin(place: Place): Plugin {
  const command = localCommand(place);
  return {
    packages: [COMMAND_PLUGIN.name],
    version: COMMAND_PLUGIN.version,
    kindOf: (type) => (lastWord(type) === "Command" ? command : undefined),
  };
}
