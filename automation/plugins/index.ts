import { COMMAND_PLUGIN } from "./command-row.ts";
import { MINIO_PLUGIN } from "./minio-row.ts";
import type { PluginStandIn } from "./install.ts";

/** Plugins that cannot be had from a registry, each with ours. */
export const PLUGINS: readonly PluginStandIn[] = [MINIO_PLUGIN, COMMAND_PLUGIN];
