import { mkdir, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { PROJECT_FOLDER } from "../project.ts";
import { proxyEnvironment } from "../../components/rest/proxy.ts";
import { PROGRAMS } from "./programs.ts";
import type { Tool } from "./obtain.ts";

export interface EnvironmentOptions {
  /** Where links to the programs are put, under their own names. Made if absent. */
  links: string;
  /**
   * A `PULUMI_HOME` of our own, into whose plugin folder the plugins are linked. Absent: the plugins are linked beside
   * the programs and the engine finds them on PATH, which it mentions in a warning.
   */
  pulumiHome?: string;
}

/**
 * The environment in which the engine finds exactly these programs and fetches none itself. Merge it over
 * `process.env`: it holds the changed variables only, `PATH` whole.
 */
export async function engineEnvironment(
  tools: readonly Tool[],
  { links, pulumiHome }: EnvironmentOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Record<string, string>> {
  for (const tool of tools) {
    const folder = PROGRAMS.find((program) => program.name === tool.name)?.pluginFolder;
    // The engine looks for real folders in its plugin folder and passes over links to folders.
    const place = folder && pulumiHome ? path.join(pulumiHome, "plugins", folder) : links;
    await link(tool.path, path.join(place, tool.name));
  }
  const before = (env["PATH"] ?? "").split(path.delimiter).filter((folder) => !["", links].includes(folder));
  return {
    PATH: [links, ...before].join(path.delimiter),
    ...(pulumiHome ? { PULUMI_HOME: pulumiHome } : {}),
    // For the command that carries images to nodes, whose text names neither. (components/images/delivery.ts)
    VISION_PLATFORM_CHECKOUT: PROJECT_FOLDER,
    VISION_PLATFORM_NODE: process.execPath,
    ...proxyEnvironment(env),
    // The engine and its plugins collect their garbage seldom: a fifth of their CPU in a preview, for 60 MB more of memory each. (Measured with
    // 3.246 and 220 resources.) Near a GiB they collect it as often as they must.
    GOGC: env["GOGC"] ?? "400",
    GOMEMLIMIT: env["GOMEMLIMIT"] ?? "1GiB",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

async function link(target: string, place: string): Promise<void> {
  if (path.resolve(target) === path.resolve(place)) return;
  await mkdir(path.dirname(place), { recursive: true });
  await rm(place, { force: true });
  await symlink(target, place);
}
