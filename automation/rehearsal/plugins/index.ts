import type { PluginStandIn } from "./install.ts";

/** Plugins that cannot be had from a registry, each with ours. */
export const PLUGINS: readonly PluginStandIn[] = [];
