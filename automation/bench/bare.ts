import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as auto from "@pulumi/pulumi/automation/index.js";
import type { BareObject } from "../charts/render.ts";
import { bareProgram } from "./peers.ts";

/** Namespace of the bare program's objects. */
export const BARE = "bare";

export type BareVerb = "preview" | "up";

/** Where the objects of the bare program are written down. */
export const bareObjectsFile = (home: string) => path.join(home, "peers", "bare.json");

/**
 * The stack of the bare program, as the Automation API opens any.
 * @param home folder of the rehearsal whose engine, state and objects it has
 */
export async function openBare(
  home: string,
  { kubeconfig, env }: { kubeconfig: string; env: Record<string, string> },
): Promise<auto.Stack> {
  const objects = JSON.parse(await readFile(bareObjectsFile(home), "utf8")) as BareObject[];
  const program = bareProgram(kubeconfig, objects, BARE);
  const workDir = path.join(home, "peers", "bare");
  // Run by no verb of ours, it would leave the Kubernetes plugin's copies of the kubeconfig for good.
  const temporary = path.join(home, "peers", "tmp");
  for (const folder of [workDir, temporary]) await mkdir(folder, { recursive: true });
  return auto.LocalWorkspace.createOrSelectStack(
    { stackName: "bare", projectName: "bare", program },
    { workDir, envVars: { ...env, TMPDIR: temporary }, pulumiCommand: await auto.PulumiCommand.get({ root: home }) },
  );
}
