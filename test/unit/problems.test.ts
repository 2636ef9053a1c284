import { describe, expect, it } from "vitest";
import * as z from "zod";
import { pathText, problemList, problemsOf, unknownKey } from "../../components/schema/problems.ts";
import { bytes, Sealed, secretText } from "../../components/schema/values.ts";

const schema = z.strictObject({
  size: bytes.default("1Gi").describe("Size of the claim."),
  name: z
    .string()
    .describe("Name of the thing.")
    .meta({ examples: ["anna"] }),
  count: z.int().min(1).default(1).describe("How many."),
  on: z.boolean().default(true).describe("Whether it is on."),
  mode: z.enum(["a", "b"]).default("a").describe("Which way."),
  list: z.array(z.string()).default([]).describe("Addresses of it."),
  env: z
    .record(z.string().regex(/^[A-Z]+$/, "must be a name in capitals"), z.string())
    .default({})
    .describe("Variables."),
  users: z.array(z.strictObject({ login: z.string().describe("Who.") })).default([]),
  secrets: z
    .strictObject({ token: secretText({ min: 8 }).optional().describe("Token of the robot.") })
    .prefault({})
    .describe("Secrets."),
});
const sound = { name: "anna" };
const problems = (value: object) =>
  problemsOf("p:s", schema, schema.safeParse({ ...sound, ...value }).error?.issues ?? []);

describe("what is wrong, and the cure", () => {
  it.each<[string, object, string, string]>([
    [
      "wrong format: what the key is, with the example of the block inside",
      { size: "50G" },
      "p:s.size",
      'Must be a size such as 50Gi or 512Mi. Size of the claim. For example: "50Gi".',
    ],
    ["missing", { name: undefined }, "p:s.name", 'Is missing. Name of the thing. For example: "anna".'],
    [
      "number for text",
      { name: 5 },
      "p:s.name",
      'Must be text, not a number: put it in quotes. Name of the thing. For example: "anna".',
    ],
    ["text for a number", { count: "3" }, "p:s.count", "Must be a number, not text. How many."],
    ["part of a number", { count: 1.5 }, "p:s.count", "Must be a whole number. How many."],
    ["too small", { count: 0 }, "p:s.count", "Too small: expected number to be >=1. How many."],
    ["text for a switch", { on: "yes" }, "p:s.on", "Must be true or false, not text. Whether it is on."],
    ["none of the choices", { mode: "c" }, "p:s.mode", 'Invalid option: expected one of "a"|"b". Which way.'],
    ["text for a map", { secrets: "x" }, "p:s.secrets", "Must be a map of keys, not text. Secrets."],
    ["nothing for a map", { secrets: null }, "p:s.secrets", "Must be a map of keys, not empty. Secrets."],
    ["map for a list", { list: {} }, "p:s.list", "Must be a list, not a map of keys. Addresses of it."],
    [
      "in a list: what the list is for",
      { list: ["a", 5] },
      "p:s.list[1]",
      "Must be text, not a number: put it in quotes. Addresses of it.",
    ],
    [
      "in a map of free keys",
      { env: { A: true } },
      "p:s.env.A",
      "Must be text, not true or false: put it in quotes. Variables.",
    ],
    ["key of such a map", { env: { "a.b": "x" } }, 'p:s.env["a.b"]', "Must be a name in capitals. Variables."],
    ["in a list of maps", { users: [{}] }, "p:s.users[0].login", "Is missing. Who."],
    [
      "unknown key in a list of maps",
      { users: [{ login: "a", logni: 1 }] },
      "p:s.users[0].logni",
      unknownKey("logni", ["login"]),
    ],
    [
      "encrypted where no secret goes",
      { name: new Sealed("v1:x") },
      "p:s.name",
      'Takes no encrypted value. Name of the thing. For example: "anna".',
    ],
    [
      "secret that is no text",
      { secrets: { token: 12345678 } },
      "p:s.secrets.token",
      "Must be text, set with pulumi config set --secret. Token of the robot.",
    ],
    [
      "short secret",
      { secrets: { token: "hunter2" } },
      "p:s.secrets.token",
      "Too small: expected string to have >=8 characters. Token of the robot.",
    ],
  ])("%s", (_, value, path, message) => expect(problems(value)).toEqual([{ path, message }]));

  it("takes a rule's own words, which bring their cure, and ends them once", () => {
    const rule = (message: string) =>
      z.strictObject({ a: z.string().describe("A.") }).refine(() => false, { path: ["a"], message });
    const told = (message: string) =>
      problemsOf("p:s", rule(message), rule(message).safeParse({ a: "x" }).error?.issues ?? []);
    expect(told("is odd; make it even")).toEqual([{ path: "p:s.a", message: "Is odd; make it even." }]);
    expect(told("Is odd.")).toEqual([{ path: "p:s.a", message: "Is odd." }]);
  });

  it("never repeats a value", () => {
    const canary = "canary-9d1";
    const value = { size: canary, count: canary, on: canary, mode: canary, list: canary, secrets: { token: [canary] } };
    const text = JSON.stringify(problems(value));
    expect(problems(value)).toHaveLength(6);
    expect(text).not.toContain(canary);
  });
});

describe("unknown keys", () => {
  it.each([
    [
      "storageClas",
      ["kubeconfig", "storageClass"],
      "Unknown key. Did you mean `storageClass`? Known here: kubeconfig, storageClass.",
    ],
    ["anything", [], "Unknown key."],
  ])("%s among %j", (key, known, text) => expect(unknownKey(key, known)).toBe(text));

  it("each is a problem of its own", () => {
    expect(problems({ nmae: 1, siez: 2 }).map(({ path, message }) => [path, message.slice(0, 34)])).toEqual([
      ["p:s.nmae", "Unknown key. Did you mean `name`? "],
      ["p:s.siez", "Unknown key. Did you mean `size`? "],
    ]);
  });
});

it.each<[PropertyKey[], string]>([
  [[], "p:s"],
  [["a", "b"], "p:s.a.b"],
  [["a", 0, "b"], "p:s.a[0].b"],
  [["limits", "nvidia.com/gpu"], 'p:s.limits["nvidia.com/gpu"]'],
  [['a"b'], 'p:s["a\\"b"]'],
])("the path %j is what `pulumi config set --path` takes", (path, text) => expect(pathText("p:s", path)).toBe(text));

it("lists problems by path under a title", () => {
  const list = problemList("Two:", [
    { path: "b", message: "B." },
    { path: "a", message: "A." },
  ]);
  expect(list).toEqual(["Two:", "  a: A.", "  b: B."]);
});
