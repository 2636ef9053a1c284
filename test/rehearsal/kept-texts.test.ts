import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ownState } from "../../automation/engine/own-state.ts";
import { withProviders } from "../../automation/engine/providers.ts";
import { readState } from "../../automation/engine/stored-state.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { GeneratedText } from "../../components/secrets/generated.ts";
import { madeTexts, sayingWhatIsMade } from "../../components/secrets/made.ts";
import { generatedIn } from "./canaries.ts";
import { startEngine } from "./engine.ts";

/** What the tests change of the program. */
interface Program {
  rotation: number;
  opts: pulumi.CustomResourceOptions;
  /** Name of the component that the text is made below. */
  below: string;
  /** Whether the text is asked for. */
  wanted: boolean;
}

const AS_IT_WAS: Program = { rotation: 0, opts: { replacementTrigger: "first" }, below: "group", wanted: true };

class Group extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super(`test:index:${name}`, name, {}, opts);
  }
}

let engine: Awaited<ReturnType<typeof startEngine>>;
let program = AS_IT_WAS;
let urn: string;

beforeAll(async () => {
  engine = await startEngine(async () => {
    const transformations = [sayingWhatIsMade(madeTexts(await ownState()))];
    const parent = new Group(program.below, { providers: [new OwnProvider("own")], transformations });
    const { rotation, opts, wanted } = program;
    if (!wanted) return {};
    return { text: new GeneratedText("password", { length: 24, rotation }, { parent, ...opts }).value };
  });
  await run("up");
  urn = await urnOfText();
});
afterAll(() => engine.end());
afterEach(() => {
  program = AS_IT_WAS;
});

const REFUSED = /The generated text password is in use: .*keyRotations/s;

/** Reasons for which the engine makes another resource of its own accord. */
const REASONS: readonly [string, { asked?: string[]; change?: Partial<Program>; marked?: boolean }][] = [
  ["--replace", { asked: [] }],
  ["a mark in the state", { marked: true }],
  ["a trigger that the program has", { change: { opts: { replacementTrigger: "another" } } }],
  [
    "a trigger, where it would be deleted first",
    { change: { opts: { replacementTrigger: "another", deleteBeforeReplace: true } } },
  ],
  ["another place in the program, without an alias", { change: { below: "elsewhere" } }],
];

describe("a generated text in use", () => {
  it.each(REASONS)(
    "is not made anew for %s: refused in a preview and in an up",
    async (_, { asked, change, marked }) => {
      const before = await texts();
      const replace = asked && [urn];
      if (marked) await state("taint");
      program = { ...AS_IT_WAS, ...change };
      expect(await failure(run("preview", replace))).toMatch(REFUSED);
      expect(await failure(run("up", replace))).toMatch(REFUSED);
      expect(await texts()).toEqual(before);
      if (marked) await state("untaint");
      program = AS_IT_WAS;
      expect(await run("up")).not.toContain("replace");
      expect(await texts()).toEqual(before);
    },
  );

  it("is another one by its rotation, whatever else asks for it", async () => {
    const before = await texts();
    program = { ...AS_IT_WAS, rotation: 1 };
    await run("preview");
    await run("up");
    const rotated = await texts();
    expect(rotated).not.toEqual(before);
    program = { ...AS_IT_WAS, rotation: 2 };
    await run("up", [urn]);
    expect(await texts()).not.toEqual(rotated);
    expect(await texts()).toHaveLength(1);
  });

  it("goes when nobody asks for it any more", async () => {
    program = { ...AS_IT_WAS, wanted: false };
    expect(await texts()).toHaveLength(1);
    await run("up");
    expect(await texts()).toEqual([]);
  });
});

/** Runs the engine, and gives what happened to resources in the end. */
async function run(verb: "preview" | "up", replace?: string[]): Promise<string[]> {
  return withProviders(engine.stack.workspace, async () => {
    if (verb === "preview") return Object.keys((await engine.stack.preview({ replace })).changeSummary);
    return Object.keys((await engine.stack.up({ replace })).summary.resourceChanges ?? {});
  });
}

const failure = (running: Promise<unknown>) => running.then(() => "it went through", String);

const texts = async () => (await generatedIn(engine.stack)).map(({ text }) => text);

async function urnOfText(): Promise<string> {
  const { deployment } = await readState(engine.stack);
  return deployment.resources?.find(({ type }) => type.endsWith(":GeneratedText"))?.urn ?? "";
}

/** `pulumi state taint`, and the cure. */
async function state(verb: "taint" | "untaint"): Promise<void> {
  const { name, workspace } = engine.stack;
  await execa(workspace.pulumiCommand.command, ["state", verb, urn, "--yes", "--stack", name, "--non-interactive"], {
    cwd: workspace.workDir,
    env: workspace.envVars,
  });
}
