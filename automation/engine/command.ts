import { createRequire } from "node:module";
import path from "node:path";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import semver from "semver";
import { backendFolder } from "../recovery/backend-folder.ts";
import { lockFilesIn } from "../recovery/lock-files.ts";
import { engineBegan, engineEnded, engineHasLock } from "../runs/engine-run.ts";
import { ENGINE_VERSION } from "../tools/programs.ts";
import { locksStack } from "./locks.ts";

type Environment = Record<string, string>;

/** What the Automation API asks of a command; it comes without types. (@pulumi/pulumi: automation/cmd.js) */
interface Command {
  run(
    args: string[],
    cwd: string,
    env: Environment,
    onOutput?: (text: string) => void,
    onError?: (text: string) => void,
  ): Promise<CommandResult>;
}

interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

interface Parts {
  "@pulumi/pulumi/automation/cmd.js": {
    CommandResult: new (stdout: string, stderr: string, code: number, error?: unknown) => CommandResult;
  };
  "@pulumi/pulumi/automation/errors.js": { createCommandError(result: CommandResult): Error };
}

/** What the engine says where it could not give its lock back. (pulumi: pkg/backend/diy/lock.go, Unlock) */
const LOCK_STAYS = /problem deleting the lock/;

/** What the Automation API says where it knows no exit code. */
const NO_CODE = -2;

/**
 * The engine in `root/bin`, started apart from the terminal: a Ctrl-C would reach it there and by us, and of two it breaks off what it has begun.
 * (pulumi: pkg/backend/cancellation_scope.go) The run it belongs to knows its process.
 */
export function engineCommand(root: string): auto.PulumiCommand {
  const program = path.resolve(root, "bin", "pulumi");
  // Whoever found the program has looked at its version, and to ask it once more takes as long as Node itself does to start.
  const known = { command: program, version: new semver.SemVer(ENGINE_VERSION) };
  return Object.assign(Object.create(auto.PulumiCommand.prototype) as auto.PulumiCommand, known, runsApart(program));
}

function runsApart(program: string): Command {
  return {
    async run(args, cwd, env, onOutput, onError) {
      const child = execa(program, [...args, ...(args.includes("--non-interactive") ? [] : ["--non-interactive"])], {
        cwd,
        env: {
          ...env,
          PATH: [path.dirname(program), env["PATH"] ?? process.env["PATH"]].join(path.delimiter),
          PULUMI_AUTOMATION_API: "true",
        },
        stdin: "ignore",
        detached: true,
        reject: false,
      });
      child.stdout.on("data", (data: Buffer) => onOutput?.(data.toString()));
      child.stderr.on("data", (data: Buffer) => onError?.(data.toString()));
      const locks = locksStack(args[0] ?? "") && child.pid !== undefined;
      // It has ended already where there is no such process: then it holds nothing.
      if (locks) await engineBegan(env, child.pid ?? 0).catch(() => undefined);
      let noting = Promise.resolve();
      // It says what it begins once it has the lock. (pulumi: pkg/backend/diy/backend.go, apply)
      if (locks)
        child.stdout.once("data", () => {
          noting = noteLock({ args, cwd, env, pid: child.pid });
        });
      const result = await child;
      await noting;
      // A backend that stopped answering keeps its lock, however orderly the engine ended.
      const keepsLock = LOCK_STAYS.test(result.stderr + result.stdout);
      if (locks && result.exitCode !== undefined && !keepsLock) await engineEnded(env);
      return given(result);
    },
  };
}

interface Noted {
  args: readonly string[];
  cwd: string;
  env: Environment;
  pid: number | undefined;
}

/** Writes down which file is the engine's lock, where it lies in a folder: what is in it may be lost. */
async function noteLock({ args, cwd, env, pid }: Noted): Promise<void> {
  const stack = path.basename(args[args.indexOf("--stack") + 1] ?? "");
  const backend = await backendFolder(cwd, { ...process.env, ...env });
  const own = backend && (await lockFilesIn(backend, stack)).find(({ holder }) => holder?.pid === pid);
  if (own) await engineHasLock(env, path.basename(own.path));
}

function given(result: {
  failed: boolean;
  exitCode?: number;
  stdout: string;
  stderr: string;
  shortMessage?: string;
}): CommandResult {
  const { CommandResult } = part("@pulumi/pulumi/automation/cmd.js");
  if (!result.failed) return new CommandResult(result.stdout, result.stderr, 0);
  const words = [result.shortMessage, result.stderr, result.stdout].filter(Boolean).join("\n");
  throw part("@pulumi/pulumi/automation/errors.js").createCommandError(
    new CommandResult("", words, result.exitCode ?? NO_CODE),
  );
}

function part<Name extends keyof Parts>(name: Name): Parts[Name] {
  return createRequire(import.meta.url)(name) as Parts[Name];
}
