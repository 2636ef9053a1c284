import { createRequire } from "node:module";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GeneratedText, LETTERS_AND_DIGITS, type GeneratedTextArgs } from "../../components/secrets/generated.ts";

interface Provider {
  create: (inputs: object) => Promise<{ id: string; outs: { value: string } }>;
  diff: (id: string, olds: object, news: object) => Promise<{ changes: boolean; replaces: string[] }>;
}

let options: pulumi.CustomResourceOptions | undefined;
const registered: { type: string; name: string; inputs: Record<string, unknown> }[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "generated-"));
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      registered.push({ type, name, inputs: inputs as Record<string, unknown> });
      return { id: name, state: { ...(inputs as object), value: "made" } };
    },
    call: () => ({}),
  });
});
afterAll(() => rm(folder, { recursive: true }));

async function register(name: string, args: GeneratedTextArgs) {
  const keepOptions: pulumi.ResourceTransformation = ({ opts }) => void (options = opts);
  const { urn } = new GeneratedText(name, args, { transformations: [keepOptions] });
  await new Promise((resolve) => urn.apply(resolve));
  return { inputs: registered.find((row) => row.name === name)?.inputs ?? {} };
}

/** What the engine runs: the text in its state, in a Node process that knows nothing else. */
async function providerOf(inputs: Record<string, unknown>): Promise<Provider> {
  const text = await new Promise<string>((resolve) => pulumi.output(inputs["__provider"] as string).apply(resolve));
  const file = path.join(folder, `provider-${Math.random()}.cjs`);
  await writeFile(file, text);
  const { handler } = createRequire(import.meta.url)(file) as { handler: () => Provider };
  return handler();
}

describe("a generated secret", () => {
  it.each<[string, GeneratedTextArgs, RegExp]>([
    ["letters and digits, a letter first", { length: 32 }, /^[A-Za-z][A-Za-z0-9]{31}$/],
    ["another alphabet", { length: 12, alphabet: "ab12" }, /^[ab][ab12]{11}$/],
    ["digits alone", { length: 6, alphabet: "0123456789" }, /^[0-9]{6}$/],
    ["another first", { length: 4, first: "x" }, /^x[A-Za-z0-9]{3}$/],
    ["one character", { length: 1 }, /^[A-Za-z]$/],
  ])("is made of %s", async (name, args, shape) => {
    const { inputs } = await register(name, args);
    const { create } = await providerOf(inputs);
    for (let count = 0; count < 50; count++) expect((await create(inputs)).outs.value).toMatch(shape);
  });

  it("is another one each time, and all of the alphabet is used", async () => {
    const { inputs } = await register("many", { length: 64 });
    const { create } = await providerOf(inputs);
    const values = await Promise.all(Array.from({ length: 50 }, async () => (await create(inputs)).outs.value));
    expect(new Set(values).size).toBe(50);
    expect(new Set(values.join("")).size).toBe(LETTERS_AND_DIGITS.length);
  });

  it("stays as it was made, whatever the rule says later, until it is rotated", async () => {
    const { inputs } = await register("kept", { length: 8 });
    const { inputs: longer } = await register("longer", { length: 99, alphabet: "x" });
    const { inputs: rotated } = await register("rotated", { length: 8, rotation: 1 });
    const { diff } = await providerOf(inputs);
    expect(await diff("generated", inputs, longer)).toEqual({ changes: false, replaces: [] });
    expect(await diff("generated", inputs, rotated)).toEqual({ changes: true, replaces: ["rotation"] });
  });

  it("is a secret, and its provider's text is the same for all", async () => {
    const { inputs } = await register("one", { length: 8 });
    const { inputs: other } = await register("two", { length: 9 });
    expect(options?.additionalSecretOutputs).toEqual(["value"]);
    expect(other["__provider"]).toEqual(inputs["__provider"]);
    expect(inputs).not.toHaveProperty("value");
    expect(registered[0]?.type).toBe("pulumi-nodejs:dynamic/secrets:GeneratedText");
  });
});
