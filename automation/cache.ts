import path from "node:path";
import envPaths from "env-paths";

/**
 * The folder of this user for what can be fetched or built again: programs under `tools/`, charts under `charts/`.
 * `VISION_PLATFORM_CACHE` names another one; default: the system's own place (Linux: `~/.cache/vision-platform`).
 * The folder may not exist yet.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env["VISION_PLATFORM_CACHE"];
  return chosen ? path.resolve(chosen) : envPaths("vision-platform", { suffix: "" }).cache;
}
