import { createRequire } from "node:module";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Departures } from "../../components/secrets/departures.ts";
import { recordRegistrations } from "./registrations.ts";

type State = { holders: Record<string, string>; count: number };

interface Provider {
  check: (olds: object, news: object) => Promise<{ inputs: State; failures: [] }>;
  diff: (id: string, olds: State, news: State) => Promise<{ changes: boolean; replaces: string[] }>;
}

const registered = recordRegistrations();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "departures-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the engine runs: the text in its state, in a Node process that knows nothing else. */
async function provider(): Promise<Provider> {
  const { urn } = new Departures("departures", { anna: pulumi.secret("hash") });
  await new Promise((resolve) => urn.apply(resolve));
  const text = registered[0]?.inputs["__provider"] as string;
  const file = path.join(folder, "provider.cjs");
  await writeFile(file, await new Promise<string>((resolve) => pulumi.output(text).apply(resolve)));
  const { handler } = createRequire(import.meta.url)(file) as { handler: () => Provider };
  return handler();
}

const before: State = { holders: { anna: "a", bob: "b" }, count: 7 };
/** As the engine writes what is not known at preview. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("who has lost a way in is counted", () => {
  it.each<[string, Record<string, string>, number]>([
    ["nobody", { bob: "b", anna: "a" }, 7],
    ["nobody, when one comes", { anna: "a", bob: "b", cleo: "c" }, 7],
    ["nobody, when one comes who is not known yet", { anna: "a", bob: "b", cleo: UNKNOWN }, 7],
    ["one who is taken out", { anna: "a" }, 8],
    ["one who is renamed", { anna: "a", bobby: "b" }, 8],
    ["one who comes in by something else", { anna: "other", bob: "b" }, 8],
    ["all at once", {}, 8],
  ])("%s", async (_who, holders, count) => {
    const { check, diff } = await provider();
    const { inputs } = await check(before, { holders });
    expect(inputs).toEqual({ holders, count });
    const isSame = JSON.stringify(Object.entries(holders).sort()) === JSON.stringify(Object.entries(before.holders));
    expect((await diff("departures", before, inputs)).changes).toBe(!isSame);
  });

  it("from a number that no earlier count had: nobody knows who left since", async () => {
    const { check } = await provider();
    const counts = await Promise.all(
      [1, 2].map(async () => (await check({}, { holders: { anna: "a" } })).inputs.count),
    );
    expect(new Set(counts).size).toBe(2);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});
