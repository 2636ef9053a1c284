import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { engineCommand } from "../../automation/engine/command.ts";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { runEngine, type Outcome, type RunOptions, type Verb } from "../../automation/engine/run.ts";
import { keepSecretsInTransforms } from "../../automation/engine/secrets.ts";
import { silentProgress, type Progress } from "../../automation/progress.ts";
import { markOf } from "../../automation/runs/belonging.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { engineEnvironment } from "../../automation/tools/environment.ts";
import { obtainTools, type Tool } from "../../automation/tools/obtain.ts";

/** A program of a test, run by the real engine with a state of its own. */
export interface TestEngine {
  /** Absolute path; gone at the end. */
  folder: string;
  /** The lines of progress of the last run. */
  lines: string[];
  stack: auto.Stack;
  run(verb: Verb, options?: EngineRunOptions): Promise<Outcome>;
}

export interface EngineRunOptions extends Omit<RunOptions, "progress"> {
  /** More environment of the engine, for this run. */
  env?: Record<string, string>;
}

export interface TestEngineOptions {
  /** Where it lives: a folder made for it. */
  folder: string;
  tools: readonly Tool[];
  program: auto.PulumiFn;
  /** More environment of the engine. */
  env?: Record<string, string>;
  /** Names of project and stack. Default: `bench`, both. */
  names?: { project: string; stack: string };
}

/** An engine in a folder that exists; whoever made the folder removes it. */
export async function engineIn({
  folder,
  tools,
  program,
  env = {},
  names: { project, stack: stackName } = { project: "bench", stack: "bench" },
}: TestEngineOptions): Promise<TestEngine> {
  const engine = {
    ...(await engineEnvironment(tools, { links: path.join(folder, "bin"), pulumiHome: path.join(folder, "pulumi") })),
    ...markOf(folder),
    PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "rehearsal",
    ...env,
  };
  await mkdir(path.join(folder, "state"), { recursive: true });
  await mkdir(path.join(folder, "stack"), { recursive: true });
  // Without the file the SDK writes one with `main`, and the engine starts its plugins where the test runs. (pulumi: engine/project.go)
  await writeFile(path.join(folder, "stack", "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
  keepSecretsInTransforms();
  const stack = await auto.LocalWorkspace.createOrSelectStack(
    { stackName, projectName: project, program },
    {
      workDir: path.join(folder, "stack"),
      envVars: engine,
      pulumiCommand: engineCommand(folder),
    },
  );
  const lines: string[] = [];
  const progress: Progress = { ...silentProgress, line: (text) => void lines.push(text) };
  return {
    folder,
    lines,
    stack,
    async run(verb, { env: more = {}, ...options } = {}) {
      stack.workspace.envVars = { ...engine, ...more };
      lines.length = 0;
      return runEngine(stack, verb, { progress, ...options });
    },
  };
}

/** An engine in a home of its own, without a cluster. */
export async function startEngine(
  program: auto.PulumiFn,
  env: Record<string, string> = {},
): Promise<TestEngine & { home: Home; end(): Promise<void> }> {
  const home = await createHome(freshName("engine"), { kept: false });
  const tools = await obtainTools(ENGINE_PROGRAMS, { progress: silentProgress });
  try {
    const engine = await engineIn({ folder: home.folder, tools, program, env });
    return { ...engine, home, end: () => removeHome(home.folder) };
  } catch (error) {
    await removeHome(home.folder);
    throw error;
  }
}
