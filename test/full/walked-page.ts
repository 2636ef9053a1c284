import { readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { PROJECT_FOLDER } from "../../automation/project.ts";

/** A command of a page, with what the page shows of its output. */
export interface Shown {
  command: string;
  output: string[];
}

/** The commands in a page's blocks of a console, in their order. */
export async function commandsOf(page: string): Promise<Shown[]> {
  const text = await readFile(path.join(PROJECT_FOLDER, page), "utf8");
  const blocks = [...text.matchAll(/^```console\n([^]*?)^```/gm)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((one) => {
        const [command = "", ...output] = one.trimEnd().split("\n");
        return { command, output };
      }),
  );
}

export interface Machine {
  /** Where a person stands. */
  folder: string;
  /** Where the stack file lies, which a person has in the checkout. */
  stack: string;
  env: Readonly<Record<string, string>>;
  /** The engine's own program. */
  pulumi: string;
  /** What is typed where a command asks. */
  typed: string;
}

/** Runs a command as it stands on the page; what is asked at the terminal is answered by flags and stdin. */
export async function walked({ folder, stack, env, pulumi, typed }: Machine, command: string) {
  const verb = `"${process.execPath}" "${path.join(PROJECT_FOLDER, "automation/bin.mjs")}"`;
  const asks = /backup restore/.test(command) && !/--dry-run/.test(command) ? " --yes" : "";
  const setUp = [
    `npm() { shift 3; ${verb} "$@" --folder "${stack}"${asks}; }`,
    `pulumi() { "${pulumi}" --cwd "${stack}" "$@"; }`,
  ];
  const ran = await execa("bash", ["-uc", [...setUp, command].join("\n")], {
    ...{ cwd: folder, env, input: `${typed}\n`, all: true, reject: false },
  });
  return { exitCode: ran.exitCode, all: ran.all };
}

/** Holds what a command said against what the page shows: each of its lines, in their order, but for numbers, names that are made up, and times. */
export function expectShown({ command, output }: Shown, all: string, folders: readonly string[]): void {
  const said = all.split("\n").map((line) => plain(line, folders));
  let at = 0;
  for (const line of output.filter((one) => one.trim() !== "…")) {
    const wanted = plain(line, folders);
    const found = said.indexOf(wanted, at);
    if (found < 0) expect.fail(`${command}\ndoes not say, where the page has it:\n${line}\nbut:\n${all}`);
    at = found + 1;
  }
}

function plain(line: string, folders: readonly string[]): string {
  const bare = folders.reduce(
    (rest, folder) => rest.replaceAll(`${folder}/`, "").replaceAll(` --folder ${folder}`, ""),
    line,
  );
  return bare
    .replace(/\b[0-9a-f]{7,}\b/g, "#")
    .replace(/age1\w+…?/g, "age1")
    .replace(/\d+(\.\d+)?( min \d+)? (s|min|ms)$/, "#")
    .replace(/[\d.:]*\d/g, "#")
    .trimEnd();
}
