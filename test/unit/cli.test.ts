import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { commandTree } from "../../automation/program.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");
const CANARY = "canary-password-7d1";
/** A spawn on a busy machine. */
const TIMEOUT_MS = 60_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-cli-"));
  await copyFile(path.join(PROJECT, "Pulumi.homelab.yaml"), path.join(folder, "Pulumi.good.yaml"));
  const broken = {
    "vision-platform:cvat": { data: { size: "50G" }, secrets: { redis: CANARY } },
    "vision-platform:clearml": { elasticsearch: { heep: "2g" } },
  };
  await writeFile(path.join(folder, "Pulumi.broken.yaml"), stringify({ config: broken }));
  await writeFile(
    path.join(folder, "Pulumi.torn.yaml"),
    `config:\n  vision-platform:cvat: { secrets: { redis: ${CANARY}\n`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the program as a person does, with a cache of its own. */
async function cli(...args: string[]) {
  const { stdout, stderr, exitCode } = await execa(process.execPath, ["automation/bin.mjs", ...args], {
    cwd: PROJECT,
    env: { VISION_PLATFORM_CACHE: path.join(folder, "cache") },
    reject: false,
    stdin: "ignore",
  });
  expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(stdout + stderr).not.toContain(CANARY);
  return { stdout, stderr, exitCode };
}

const check = (stack: string, ...more: string[]) =>
  cli("config", "check", "--stack", stack, "--folder", folder, ...more);

it("says its version", async () => {
  const { version } = JSON.parse(await readFile(path.join(PROJECT, "package.json"), "utf8")) as { version: string };
  expect(await cli("--version")).toMatchObject({ stdout: version, exitCode: 0 });
});

describe("help", () => {
  const verbs = leaves(commandTree());

  it("knows the verbs", () => {
    expect(verbs.map(([name]) => name).sort()).toEqual([
      "annotations export",
      "annotations import",
      "annotations zip",
      "backup create",
      "backup drill",
      "backup ls",
      "backup open",
      "backup restore",
      "backup stack",
      "backup status",
      "backup verify",
      "bench",
      "charts lock",
      "charts pull",
      "charts try",
      "ci approval",
      "ci plan",
      "ci report",
      "clearml conf",
      "comment",
      "config check",
      "config schema",
      "cvat token ls",
      "cvat token make",
      "cvat token revoke",
      "dataset check",
      "dataset ls",
      "dataset manifest",
      "dataset pull",
      "dataset push",
      "destroy",
      "drift",
      "function deploy",
      "function invoke",
      "function list",
      "function logs",
      "function remove",
      "graph",
      "images mirror",
      "issue",
      "keycloak bootstrap",
      "open",
      "outputs",
      "preview",
      "project apply",
      "recover",
      "rehearse",
      "smoke",
      "state list",
      "state prune",
      "state restore",
      "task annotate",
      "task assign",
      "task create",
      "task delete",
      "task ls",
      "task status",
      "tools",
      "up",
      "upgrade back",
      "upgrade check",
      "upgrade clearml",
      "upgrade cvat",
    ]);
  });

  it.each(verbs)("of %s has an example that the verb itself takes", (name, verb) => {
    let help = "";
    verb.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const [, example = ""] = new RegExp(`npm run (?:--silent )?platform -- ${name}(.*)`).exec(help) ?? [];
    expect(help).toMatch(/\nExamples?:\n/);
    const words = example.replace(/ > .*/, "").trim().split(" ").filter(Boolean);
    expect(verb.exitOverride().parseOptions(words).unknown).toEqual([]);
  });

  it.each([["--help"], ["help", "up"], ["charts", "help", "pull"]])(
    "is had by %s %s %s",
    { timeout: TIMEOUT_MS },
    async (...words) => {
      const { stdout, stderr, exitCode } = await cli(...words.filter(Boolean));
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(stdout).toMatch(/^Usage: vision-platform /);
    },
  );

  it("goes to stdout, with 0", { timeout: TIMEOUT_MS }, async () => {
    const { stdout, stderr, exitCode } = await cli("preview", "--help");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatch(/--exit-code +exit with 3/);
  });
});

describe("bad usage ends with 2 and one clear line", { timeout: TIMEOUT_MS }, () => {
  it.each<[string[], string]>([
    [["reherse"], "error: unknown command 'reherse'\n(Did you mean rehearse?)"],
    [["reherse", "--help"], "error: unknown command 'reherse'\n(Did you mean rehearse?)"],
    [["-h", "reherse"], "error: unknown command 'reherse'\n(Did you mean rehearse?)"],
    [["help", "reherse"], "error: unknown command 'reherse'\n(Did you mean rehearse?)"],
    [["charts", "pul", "--help"], "error: unknown command 'pul'\n(Did you mean pull?)"],
    [["up", "--paralel", "4"], "error: unknown option '--paralel'\n(Did you mean --parallel?)"],
    [
      ["preview", "--parallel", "none"],
      "error: option '--parallel <n>' argument 'none' is invalid. must be a whole number from 1 on.",
    ],
  ])("%j", async (args, said) => {
    expect(await cli(...args)).toEqual({ stdout: "", stderr: said, exitCode: 2 });
  });
});

describe("config check", { timeout: TIMEOUT_MS }, () => {
  it("ends with 0 for a good file", async () => {
    const file = path.join(folder, "Pulumi.good.yaml");
    const { stdout, stderr, exitCode } = await check("good");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout.split("\n").slice(0, 2)).toEqual([`${file} is fine.`, "Before preview and up, set:"]);
    for (const key of [
      "objectStore.credentials.accessKey",
      "objectStore.credentials.secretKey",
      "clearml.agent.image.delivery.privateKey",
    ]) {
      expect(stdout).toContain(`pulumi config set --path --secret 'vision-platform:${key}'`);
    }
  });

  it("ends with 2 for a broken one and says every problem on stderr", async () => {
    const { stdout, stderr, exitCode } = await check("broken");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toMatch(/Pulumi\.broken\.yaml has 3 problem\(s\):/);
    for (const key of ["cvat.data.size", "cvat.secrets.redis", "clearml.elasticsearch.heep"]) {
      expect(stderr).toContain(`vision-platform:${key}`);
    }
  });

  it("gives them as one JSON document and nothing else", async () => {
    const { stdout, stderr, exitCode } = await check("broken", "--json");
    const { file, problems } = JSON.parse(stdout) as { file: string; problems: { path: string; message: string }[] };
    expect({ file, stderr, exitCode }).toEqual({
      file: path.join(folder, "Pulumi.broken.yaml"),
      stderr: "",
      exitCode: 2,
    });
    expect(problems.map(({ path }) => path).sort()).toEqual([
      "vision-platform:clearml.elasticsearch.heep",
      "vision-platform:cvat.data.size",
      "vision-platform:cvat.secrets.redis",
    ]);
  });

  it.each([
    ["torn", /Pulumi\.torn\.yaml cannot be read as YAML/],
    ["nowhere", /There is no .*Pulumi\.nowhere\.yaml\. Copy Pulumi\.homelab\.yaml/],
  ])("says what is wrong with a %s file, in JSON too", async (stack, words) => {
    const { stdout, stderr, exitCode } = await check(stack, "--json");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(words);
    expect((JSON.parse(stdout) as { problems: string[] }).problems[0]).toMatch(words);
  });
});

describe("what cannot be done", { timeout: TIMEOUT_MS }, () => {
  it("ends with 1", async () => {
    const { stdout, stderr, exitCode } = await cli("rehearse", "--down", "--stack", "nowhere", "--json");
    expect({ stderr, exitCode }).toEqual({ stderr: "No rehearsal of nowhere is kept.", exitCode: 1 });
    expect(JSON.parse(stdout)).toEqual({ problems: ["No rehearsal of nowhere is kept."] });
  });
});

/** The verbs that do something, with the words that call them. */
function leaves(command: Command, words: readonly string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[words.join(" "), command]];
  return command.commands.flatMap((verb) => leaves(verb, [...words, verb.name()]));
}
