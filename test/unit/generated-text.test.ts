import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { GeneratedText, LETTERS_AND_DIGITS, type GeneratedTextArgs } from "../../components/secrets/generated.ts";
import { kind, type GeneratedTextInputs } from "../../components/secrets/records/generated-text.ts";
import { recordRegistrations, settled } from "./registrations.ts";
import { newRun, within } from "./run.ts";

const registered = recordRegistrations();
const { create, diff, update } = within(newRun(), kind);

/** What the program asks for, and what the resource says. */
async function register(args: GeneratedTextArgs) {
  const made = new GeneratedText("text", args);
  await settled(registered);
  return { made, inputs: registered.at(-1)?.inputs as unknown as GeneratedTextInputs };
}

describe("a generated secret", () => {
  it.each<[string, GeneratedTextArgs, RegExp]>([
    ["letters and digits, a letter first", { length: 32 }, /^[A-Za-z][A-Za-z0-9]{31}$/],
    ["another alphabet", { length: 12, alphabet: "ab12" }, /^[ab][ab12]{11}$/],
    ["digits alone", { length: 6, alphabet: "0123456789" }, /^[0-9]{6}$/],
    ["another first", { length: 4, first: "x" }, /^x[A-Za-z0-9]{3}$/],
    ["one character", { length: 1 }, /^[A-Za-z]$/],
  ])("is made of %s", async (_what, args, shape) => {
    const { inputs } = await register(args);
    for (let count = 0; count < 50; count++) expect((await create(inputs)).outs.value).toMatch(shape);
  });

  it("is another one each time, and all of the alphabet is used", async () => {
    const { inputs } = await register({ length: 64 });
    const values = await Promise.all(Array.from({ length: 50 }, async () => (await create(inputs)).outs.value));
    expect(new Set(values).size).toBe(50);
    expect(new Set(values.join("")).size).toBe(LETTERS_AND_DIGITS.length);
  });

  it("stays as it was made, whatever the rule says later, until it is rotated", async () => {
    const { inputs } = await register({ length: 8 });
    const { inputs: longer } = await register({ length: 99, alphabet: "x" });
    const { inputs: rotated } = await register({ length: 8, rotation: 1 });
    const { outs } = await create(inputs);
    expect(await diff(outs, longer)).toEqual({ changed: [], replaces: [] });
    expect((await update("generated", outs, longer)).value).toBe(outs.value);
    expect(await diff(outs, rotated)).toEqual({ changed: ["rotation"], replaces: ["rotation"] });
  });

  it("of a stack that knew no rotation stays, too", async () => {
    const { inputs } = await register({ length: 8 });
    const { outs } = await create(inputs);
    Reflect.deleteProperty(outs, "rotation");
    expect((await diff(outs, inputs)).changed).toEqual([]);
  });

  it("is a secret before it is made, too", async () => {
    const { made, inputs } = await register({ length: 8 });
    expect(await pulumi.isSecret(made.value)).toBe(true);
    expect(kind.secrets).toEqual(["value"]);
    expect(inputs).not.toHaveProperty("value");
    expect(registered.at(-1)?.type).toBe("vision-platform:secrets:GeneratedText");
  });
});
