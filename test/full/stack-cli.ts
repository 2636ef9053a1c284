import path from "node:path";
import { execa } from "execa";
import type { Lab } from "../rehearsal/harness.ts";

/** The program as a person runs it, on the stack of a lab. */
export interface StackCli {
  /** Says which lab. */
  of(lab: Lab): void;
  run(...words: string[]): Promise<{ exitCode: number | undefined; stderr: string; told: Record<string, unknown> }>;
  /** Gives this process its variables back. */
  end(): void;
}

/** @param variables that this process has from now on, and so has what it starts */
export function stackCli(variables: Readonly<Record<string, string>>): StackCli {
  const before: Record<string, string | undefined> = {};
  const use = (more: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(more)) {
      before[name] ??= process.env[name];
      process.env[name] = value;
    }
  };
  use(variables);
  let folder = "";
  return {
    of(lab) {
      folder = path.join(lab.home.folder, "stack");
      const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
      use({ PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE });
    },
    async run(...words) {
      const command = ["automation/bin.mjs", ...words, "--stack", "lab", "--folder", folder, "--json"];
      const { exitCode, stdout, stderr } = await execa(process.execPath, command, { reject: false, stdin: "ignore" });
      return { exitCode, stderr, told: JSON.parse(stdout || "{}") as Record<string, unknown> };
    },
    end() {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
    },
  };
}
