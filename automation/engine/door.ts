import path from "node:path";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { Plan } from "../../components/lab/plan.ts";
import type { BackupsBeforeMoves } from "../../components/preflight/backup-before-move.ts";
import { cacheFolder } from "../cache.ts";
import type { Progress } from "../progress.ts";
import { engineEnvironment } from "../tools/environment.ts";
import { obtainTools, type Tool } from "../tools/obtain.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath, type StackFile } from "../stackfile/stack-file.ts";
import { clearLeftovers, type Place } from "./leftovers.ts";
import { openStack } from "./stack.ts";

/** The programs an engine run needs. */
export const ENGINE_PROGRAMS = ["pulumi", "pulumi-resource-kubernetes"] as const;

/** The plugins that a lab needs besides: for its object store, and for images that are carried to nodes. */
export function pluginsOf({ store, clearml }: Plan): string[] {
  const delivered = clearml?.agent?.nodes ?? [];
  return [...(store ? ["pulumi-resource-minio"] : []), ...(delivered.length > 0 ? ["pulumi-resource-command"] : [])];
}

export interface DoorOptions {
  stack: string;
  folder: string;
  /** Make the stack when the backend has none of that name. */
  create: boolean;
  /** Nothing of the lab is asked for, which needs no plugin. */
  reads?: boolean;
  /** Take over fields that others set. Never for good: a forced replace of a Job fails. (cvat-chart-2.64.md, 3.7) */
  force?: boolean;
  /** What an up does about backups before another release is installed. Default: they are wanted. */
  backups?: BackupsBeforeMoves | undefined;
  /** What is done about what killed runs left on this machine. Default: it is cleared away, but where only outputs are read. */
  leftovers?: (place: Place) => Promise<void>;
  progress: Progress;
}

/** A user's stack, open for the engine. */
export interface UserStack {
  stack: auto.Stack;
  plan: Plan;
  file: StackFile;
  /** The programs that the engine runs with. */
  tools: readonly Tool[];
}

/**
 * The user's own stack: the stack file checked, the engine obtained, the backend and the passphrase as the environment has them.
 * @throws UserError with every problem of the stack file, before the engine runs.
 */
export async function openUserStack({
  stack,
  folder,
  create,
  reads,
  force,
  backups,
  progress,
  leftovers = (place) => (reads ? Promise.resolve() : clearLeftovers(place, progress)),
}: DoorOptions): Promise<UserStack> {
  const file = await readStackFile(stackFilePath(folder, stack));
  const plan = await soundPlan(file);
  const tools = await obtainTools([...ENGINE_PROGRAMS, ...(reads ? [] : pluginsOf(plan))], { progress });
  const engine = path.join(cacheFolder(), "engine");
  const env = {
    ...(await engineEnvironment(tools, { links: path.join(engine, "bin") })),
    ...(force ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } : {}),
  };
  // Before anybody reads of the lab: what a killed run left may still be writing to it.
  await leftovers({ stack, workDir: folder, env: { ...process.env, ...env } });
  return { stack: await openStack({ stack, folder, engine, env, create, backups }), plan, file, tools };
}
