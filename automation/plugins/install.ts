import { access, chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** A Pulumi plugin of ours that a rehearsal uses where the real one cannot be had. */
export interface PluginStandIn {
  /** `minio`: its script is `NAME.ts` in this folder. */
  name: string;
  /** The version it stands for: that of the SDK. */
  version: string;
  /** For the summary: what it is and works on. */
  note: string;
}

/** Runs our TypeScript. */
const RUN = path.resolve(import.meta.dirname, "../../loader/run.mjs");

/**
 * Puts plugins where the engine with this `PULUMI_HOME` finds them: the real one where the person has it, else ours.
 * @returns those that stand in
 */
export async function installPlugins(
  pulumiHome: string,
  plugins: readonly PluginStandIn[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<PluginStandIn[]> {
  const standIns: PluginStandIn[] = [];
  for (const plugin of plugins) {
    const { name, version } = plugin;
    const place = path.join("plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
    const real = path.join(env["PULUMI_HOME"] ?? path.join(homedir(), ".pulumi"), place);
    const launcher = path.join(pulumiHome, place);
    await mkdir(path.dirname(launcher), { recursive: true });
    await rm(launcher, { force: true });
    if (await exists(real)) {
      await symlink(real, launcher);
    } else {
      await writeFile(launcher, launchText(name));
      await chmod(launcher, 0o755);
      standIns.push(plugin);
    }
  }
  return standIns;
}

function launchText(name: string): string {
  const script = path.join(import.meta.dirname, `${name}.ts`);
  return `#!/bin/sh\nexec "${process.execPath}" "${RUN}" "${script}" "$@"\n`;
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
