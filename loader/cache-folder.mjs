// @ts-check
import path from "node:path";
import envPaths from "env-paths";

/**
 * The folder of this user for what can be fetched or built again: programs under `tools/`, charts under `charts/`, our own compiled
 * TypeScript under `compiled/`. `VISION_PLATFORM_CACHE` names another one; default: the system's own place (Linux: `~/.cache/vision-platform`).
 * The folder may not exist yet.
 * @param {NodeJS.ProcessEnv} env
 */
export function cacheFolder(env = process.env) {
  const chosen = env["VISION_PLATFORM_CACHE"];
  return chosen ? path.resolve(chosen) : envPaths("vision-platform", { suffix: "" }).cache;
}
