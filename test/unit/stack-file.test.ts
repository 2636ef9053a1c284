import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkStackFile } from "../../automation/stackfile/check.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { UserError } from "../../components/program/errors.ts";
import { Sealed } from "../../components/schema/values.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "stack-file-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const file = stackFilePath(folder, "lab");
  await writeFile(file, text);
  return readStackFile(file);
}
async function refusal(text: string): Promise<UserError> {
  const error = await read(text).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("a stack file", () => {
  it("gives this project's sections with encrypted values sealed, and all keys", async () => {
    const {
      sections,
      keys,
      path: file,
    } = await read(`
encryptionsalt: v1:salt
config:
  vision-platform:cvat:
    secrets:
      redis: { secure: v1:abc }
    values: { secure: v1:abc, more: 1 }
  vision-platform:clearml:
    users: [{ username: a, password: { secure: v1:def } }]
  kubernetes:namespace: other
`);
    expect(file).toBe(path.join(folder, "Pulumi.lab.yaml"));
    expect(keys).toEqual(["vision-platform:cvat", "vision-platform:clearml", "kubernetes:namespace"]);
    expect(sections).toEqual({
      cvat: { secrets: { redis: new Sealed("v1:abc") }, values: { secure: "v1:abc", more: 1 } },
      clearml: { users: [{ username: "a", password: new Sealed("v1:def") }] },
    });
  });

  // What the program gets: `pulumi config get` of 3.246.0.
  it.each<[string, unknown]>([
    ["1_000", 1000],
    ["0b101", 5],
    ["-0b1_1", -3],
    ["0777", 511],
    ["08", 8],
    ["0o1_7", 15],
    ["0X1_0", 16],
    ["1_000.5", 1000.5],
    ["1_0e2", 1000],
    ["0", 0],
    ["1.50", 1.5],
    ["_1", "_1"],
    ["0b2", "0b2"],
    ["yes", "yes"],
    ["=", "="],
    ["12:30:45", "12:30:45"],
    ['"1_000"', "1_000"],
    ['"2026-11-29"', "2026-11-29"],
    ["2026-11-29.log", "2026-11-29.log"],
    ["2026-11-29 10:00", "2026-11-29 10:00"],
  ])("%s is what the engine takes it for", async (text, value) => {
    const { sections } = await read(`config:\n  vision-platform:cvat:\n    env: { A: ${text}, ${text}: 1 }\n`);
    expect(sections).toEqual({ cvat: { env: { A: value, [String(value)]: 1 } } });
  });

  it("a map with an anchor is taken in by <<, as the engine does it", async () => {
    const text =
      "config:\n  vision-platform:cvat: &all { a: 1, b: no }\n  vision-platform:clearml: { b: 2, <<: *all }\n";
    expect((await read(text)).sections).toEqual({ cvat: { a: 1, b: "no" }, clearml: { a: 1, b: 2 } });
  });

  it.each(["2026-11-29", "2026-1-2", "2026-11-29T10:00:00Z", "2026-11-29 10:00:00"])(
    "%s is no text to the engine, and is refused with its line",
    async (text) => {
      const { message } = await refusal(`config:\n  vision-platform:cvat:\n    env: { A: ${text} }\n`);
      expect(message).toMatch(/A date must stand in quotes, or Pulumi reads a point in time at line 3/);
    },
  );

  it.each(["", "# nothing\n", "config:\n", "encryptionsalt: v1:x\n"])("%j has no section", async (text) => {
    expect(await read(text)).toMatchObject({ sections: {}, keys: [] });
  });

  it.each([
    ["config: text", /config must be a map of keys such as vision-platform:cluster/],
    ["config: [a]", /config must be a map of keys/],
    ["just text", /must be a map with the key config/],
    ["- a", /must be a map with the key config/],
  ])("%j is refused", async (text, message) => {
    const error = await refusal(text);
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
  });

  it.each([
    ["a key twice", "config:\n  a:b: canary1\n  a:b: canary2\n", /unique at line 3/],
    ["a quote that does not end", 'config:\n  a:b: "canary\n', /at line \d/],
    ["maps in one line", "config:\n  a: b: canary\n", /at line 2/],
    ["a text that starts with a star", "config:\n  a:b: *canary\n", /starts with \* must stand in quotes/],
  ])("%s: says where, and not what stands there", async (_, text, message) => {
    const error = await refusal(text);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(folder);
    expect(error.message).not.toContain("canary");
    expect(error.exitCode).toBe(2);
  });

  it("that is not there names the one to copy", async () => {
    const error = (await readStackFile(stackFilePath(folder, "none")).catch((caught: unknown) => caught)) as UserError;
    expect(error.message).toMatch(/There is no .*Pulumi\.none\.yaml\. Copy Pulumi\.homelab\.yaml/);
    expect(error.exitCode).toBe(2);
  });
});

it("the example of the repository is fine, and holds no secret", async () => {
  const file = await readStackFile(stackFilePath(path.resolve(import.meta.dirname, "../.."), "homelab"));
  expect(checkStackFile(file).problems).toEqual([]);
  expect(JSON.stringify(file.sections)).not.toMatch(/ciphertext|password/);
});
