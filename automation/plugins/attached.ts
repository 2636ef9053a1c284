import type { Plugin } from "../../provider/protocol/plugin.ts";
import { commandPlugin } from "./command/plugin.ts";
import { COMMAND_PLUGIN } from "./command-row.ts";
import { MINIO_PLUGIN } from "./minio-row.ts";
import { minioPlugin } from "./minio/plugin.ts";

/** Variable of a stack's environment with the names of the plugins for which ours stand in, separated by commas. */
export const STAND_INS = "VISION_PLATFORM_STAND_INS";

/** The plugins that stand in, for a run of a stack in a folder, with the engine's environment. */
export function standInsFor(folder: string, env: Readonly<Record<string, string | undefined>>): Plugin[] {
  const names = (env[STAND_INS] ?? "").split(",");
  return [
    ...(names.includes(MINIO_PLUGIN.name) ? [minioPlugin(folder)] : []),
    ...(names.includes(COMMAND_PLUGIN.name) ? [commandPlugin({ folder, env: { ...process.env, ...env } })] : []),
  ];
}
