import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { AnyKind } from "../../../provider/protocol/plugin.ts";
import type { Props } from "../../../provider/protocol/values.ts";
import { byInputs } from "../compare.ts";

interface Inputs {
  create?: string;
  update?: string;
  delete?: string;
  dir?: string;
  environment?: Record<string, string>;
  interpreter?: string[];
  stdin?: string;
  addPreviousOutputInEnv?: boolean;
}

/** What a command inherits. */
export interface Place {
  folder: string;
  env: NodeJS.ProcessEnv;
}

interface Output {
  stdout: string;
  stderr: string;
}

/** Inputs of the real one that nothing of ours uses; and `connection`, by which a command of another machine is known. */
const NOT_HERE = ["assetPaths", "archivePaths", "connection"];

/**
 * A command as the real plugin 1.2.1 runs it (plugins.md, section 4): any change of its inputs runs `update`, or `create` again where there is
 * none; other triggers replace it; what it prints is kept; it inherits the environment. Not done: its output is not shown while it runs.
 */
export function localCommand(place: Place): AnyKind {
  return {
    diff: byInputs(["triggers"]),
    check: (inputs) =>
      NOT_HERE.filter((key) => key in inputs).map(
        (property) => `the rehearsal's stand-in for the command plugin has no \`${property}\``,
      ),
    async create(props, { signal }) {
      const output = await run("create", props, place, signal);
      return { id: `command-${randomBytes(8).toString("hex")}`, outs: { ...props, ...output } };
    },
    read: (id, olds) => Promise.resolve({ id, outs: olds, inputs: olds }),
    async update(_id, olds, news, { signal }) {
      const before = { stdout: textOf(olds["stdout"]), stderr: textOf(olds["stderr"]) };
      return { ...news, ...(await run("update" in news ? "update" : "create", news, place, signal, before)) };
    },
    async delete(_id, olds, { signal }) {
      await run("delete", olds, place, signal, { stdout: textOf(olds["stdout"]), stderr: textOf(olds["stderr"]) });
    },
  };
}

const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** @throws Error with the command and all of its output, as the real one: whoever writes a command must keep secrets out of both */
async function run(
  verb: "create" | "update" | "delete",
  props: Props,
  place: Place,
  signal: AbortSignal,
  before?: Output,
): Promise<Output> {
  const inputs = props as Inputs;
  const command = inputs[verb];
  if (command === undefined) return { stdout: before?.stdout ?? "", stderr: before?.stderr ?? "" };
  const [program = "/bin/sh", ...options] = inputs.interpreter ?? ["/bin/sh", "-c"];
  const handed = before && inputs.addPreviousOutputInEnv !== false;
  const env = {
    ...place.env,
    ...(handed && { PULUMI_COMMAND_STDOUT: before.stdout, PULUMI_COMMAND_STDERR: before.stderr }),
    ...inputs.environment,
  };
  const child = spawn(program, [...options, command], {
    cwd: inputs.dir ?? place.folder,
    env,
    signal,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => undefined); // A command need not read what it is given.
  child.stdin.end(inputs.stdin ?? "");
  const output: Output = { stdout: "", stderr: "" };
  let both = "";
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      both += text;
    });
  }
  const end = await new Promise<string | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(signal ? `signal: ${signal}` : `exit status ${code}`);
    });
  });
  if (end !== undefined) throw new Error(`${end}: running ${JSON.stringify(command)}:\n${both}`);
  return { stdout: output.stdout.replace(/\n$/, ""), stderr: output.stderr.replace(/\n$/, "") };
}
