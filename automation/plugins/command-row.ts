import type { PluginStandIn } from "./install.ts";

/** Commands of this machine, which carry images to nodes. */
export const COMMAND_PLUGIN: PluginStandIn = {
  name: "command",
  version: "1.2.1",
  note: "ours, for commands on this machine: they are run by the real shell",
};
