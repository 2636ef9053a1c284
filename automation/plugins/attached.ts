import type { Plugin } from "../../provider/protocol/plugin.ts";
import { COMMAND_PLUGIN } from "./command-row.ts";
import { MINIO_PLUGIN } from "./minio-row.ts";

/** Variable of a stack's environment with the names of the plugins for which ours stand in, separated by commas. */
export const STAND_INS = "VISION_PLATFORM_STAND_INS";

/** The plugins that stand in, for a run of a stack in a folder, with the engine's environment. Each is loaded where it does: a person's own stack has the real ones. */
export async function standInsFor(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Plugin[]> {
  const names = (env[STAND_INS] ?? "").split(",");
  const plugins: Plugin[] = [];
  if (names.includes(MINIO_PLUGIN.name)) plugins.push((await import("./minio/plugin.ts")).minioPlugin(folder));
  if (names.includes(COMMAND_PLUGIN.name)) {
    const { commandPlugin } = await import("./command/plugin.ts");
    plugins.push(commandPlugin({ folder, env: { ...process.env, ...env } }));
  }
  return plugins;
}
