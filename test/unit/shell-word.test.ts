import { execaSync } from "execa";
import { expect, it } from "vitest";
import { shellWord } from "../../automation/shell-word.ts";

it.each(["street", "train 1", "it's", "$HOME", "`id`", "a;b", "", '"two"', "ü", "a\nb"])(
  "a shell takes %j for one word, as it is",
  (word) => {
    expect(execaSync("sh", ["-c", `printf %s ${shellWord(word)}`], { stripFinalNewline: false }).stdout).toBe(word);
  },
);

it("what needs no quotes has none", () => {
  expect(["street", "GOFLAGS=-mod=mod", "./cmd/pulumi"].map(shellWord)).toEqual([
    "street",
    "GOFLAGS=-mod=mod",
    "./cmd/pulumi",
  ]);
});
