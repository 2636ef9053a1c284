import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { OwnProvider, OwnResource } from "../../components/records/resource.ts";
import type { Token } from "../../components/records/tokens.ts";
import { kind } from "../fixtures/records/note.ts";
import { startEngine } from "./engine.ts";
import { problemsOf } from "./failure.ts";

// Our own provider with one kind more.
vi.mock("../../provider/own.ts", async (original) => {
  const { OWN_PROVIDER } = await original<typeof import("../../provider/own.ts")>();
  const kindOf = (type: string) => (type.endsWith(":test:Note") ? kind : OWN_PROVIDER.kindOf(type));
  return { OWN_PROVIDER: { ...OWN_PROVIDER, kindOf } };
});

const SECRET = "canary-of-a-record";

let engine: Awaited<ReturnType<typeof startEngine>>;
let file: string;
const note = { text: "first" };

beforeAll(async () => {
  engine = await startEngine(() => {
    const provider = new OwnProvider("dynamic");
    const record = new OwnResource(
      "note",
      "test:Note" as Token,
      { file, text: note.text, secret: pulumi.secret(SECRET) },
      ["length"],
      { provider },
    );
    return Promise.resolve({ length: record.output<number>("length") });
  });
  file = path.join(engine.folder, "note.txt");
});
afterAll(() => engine.end());

describe("a record of a REST API", () => {
  it("is made by a kind of the checkout, and gives what it learned", async () => {
    await engine.run("up");
    expect(await readFile(file, "utf8")).toBe("first");
    expect((await engine.stack.outputs())["length"]?.value).toBe(5);
  });

  it("is left alone when nothing changed", async () => {
    expect((await engine.run("up")).changes).toEqual([]);
  });

  it("is updated when its kind says so", async () => {
    note.text = "second!";
    const { changes } = await engine.run("up");
    expect(changes.map(({ operation }) => operation)).toEqual(["update"]);
    expect(await readFile(file, "utf8")).toBe("second!");
  });

  it("is made again when a refresh finds it gone", async () => {
    await rm(file);
    await engine.run("refresh");
    await engine.run("up");
    expect(await readFile(file, "utf8")).toBe("second!");
  });

  it("says in one sentence what its kind refuses, before and while it is made", async () => {
    note.text = "";
    expect((await problemsOf(engine.run("preview"))).join("\n")).toMatch(/`notes\.text` is empty\. Write something\./);
    note.text = "refused";
    await engine.run("destroy");
    const problems = (await problemsOf(engine.run("up"))).join("\n");
    expect(problems).toMatch(/The API refuses this text\./);
    expect(problems).not.toMatch(/\n\s+at /);
  });

  it("keeps no code, and no secret in clear, in state", async () => {
    note.text = "third";
    await engine.run("up");
    const state = await readFile(path.join(engine.folder, "state/.pulumi/stacks/bench/bench.json"), "utf8");
    expect(state).not.toContain(SECRET);
    expect(state).not.toContain("writeFile");
  });

  it("is removed with its resource", async () => {
    await engine.run("destroy");
    await expect(readFile(file, "utf8")).rejects.toThrow(/ENOENT/);
  });
});
