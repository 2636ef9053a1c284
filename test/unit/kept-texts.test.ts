import { beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN } from "../../components/records/kind.ts";
import { keptTexts } from "../../provider/kept-texts.ts";
import type { Guard } from "../../provider/protocol/plugin.ts";

const URN = "urn:pulumi:lab::vision-platform::vision-platform:secrets:GeneratedText::cvat-redis-password";
const INPUTS = { length: 24, rotation: 1 };
const REFUSED = /cvat-redis-password is in use.*untaint 'urn:pulumi:lab::.*count up its `keyRotations`/s;

let texts: Guard;
beforeEach(() => {
  texts = keptTexts();
});

describe("a generated text that the program asks for again", () => {
  it("is not made anew for a reason the provider is not asked about, before anything is done", () => {
    expect(texts.check(URN, INPUTS, INPUTS)).toBeUndefined();
    expect(texts.check(URN, INPUTS, {})).toMatch(REFUSED);
  });

  it("is not made anew by an input that a preview does not know", () => {
    expect(texts.check(URN, { ...INPUTS, rotation: UNKNOWN }, INPUTS)).toBeUndefined();
    expect(texts.check(URN, { ...INPUTS, rotation: UNKNOWN }, {})).toMatch(REFUSED);
  });

  it("is not made anew where the engine hands over nothing of the last run, but the program saw the text", () => {
    expect(texts.check(URN, { ...INPUTS, made: 1 }, {})).toMatch(REFUSED);
  });

  it("is neither deleted nor made where the engine asks for that at once", () => {
    texts.check(URN, INPUTS, INPUTS);
    texts.compare(URN, { ...INPUTS, value: "in use" });
    expect(() => texts.delete(URN, { ...INPUTS, value: "in use" })).toThrow(REFUSED);
    expect(() => texts.create(URN)).toThrow(REFUSED);
  });

  it("is not deleted under the name it had in a program of before", () => {
    texts.check(URN, INPUTS, INPUTS);
    texts.compare(URN, { ...INPUTS, value: "in use" });
    const before = URN.replace("vision-platform:secrets", "pulumi-nodejs:dynamic/secrets");
    expect(() => texts.delete(before, { value: "in use" })).toThrow(REFUSED);
  });

  it("names no text of its own in what it says", () => {
    texts.check(URN, INPUTS, INPUTS);
    texts.compare(URN, { ...INPUTS, value: "canary" });
    expect(() => texts.delete(URN, { value: "canary" })).toThrow(/^((?!canary).)*$/s);
  });
});

describe("a generated text may go", () => {
  it("by its rotation, whether the program saw it or not", () => {
    const next = { ...INPUTS, rotation: 2, made: 1 };
    expect(texts.check(URN, next, INPUTS)).toBeUndefined();
    texts.compare(URN, { ...INPUTS, value: "old" });
    expect(texts.check(URN, next, {})).toBeUndefined();
    texts.create(URN);
    texts.delete(URN, { ...INPUTS, value: "old" });
    expect(keptTexts().check(URN, next, {})).toBeUndefined();
  });

  it("when the program no longer asks for it", () => {
    texts.delete(URN, { ...INPUTS, value: "of somebody who left" });
  });

  it("as the one before the last rotation, whose deletion was cut short", () => {
    texts.check(URN, INPUTS, INPUTS);
    texts.compare(URN, { ...INPUTS, value: "in use" });
    texts.delete(URN, { ...INPUTS, rotation: 0, value: "old" });
  });

  it("as any other resource, whatever its inputs are", () => {
    const queue = URN.replace("secrets:GeneratedText", "clearml:Queue");
    expect(texts.check(queue, INPUTS, INPUTS)).toBeUndefined();
    expect(texts.check(queue, INPUTS, {})).toBeUndefined();
    texts.delete(queue, INPUTS);
  });

  it("and is made where there was none", () => {
    expect(texts.check(URN, INPUTS, {})).toBeUndefined();
    texts.create(URN);
  });
});
