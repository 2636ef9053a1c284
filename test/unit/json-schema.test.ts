import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { SCHEMA_FILE } from "../../automation/project.ts";
import { stackFileSchema } from "../../automation/stackfile/json-schema.ts";
import { SECTIONS } from "../../components/lab/sections.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFile(path.join(ROOT, file), "utf8");
const stackFiles = (await readdir(ROOT)).filter((file) => /^Pulumi\..+\.yaml$/.test(file));

/** An editor's view: the JSON Schema alone decides, without the rules of the program. */
async function validator() {
  const schema = z.fromJSONSchema(JSON.parse(await read(SCHEMA_FILE)) as z.core.JSONSchema.JSONSchema);
  return (value: unknown) => schema.safeParse(value).error?.issues.map((issue) => issue.path.join(".")) ?? [];
}

describe(SCHEMA_FILE, () => {
  it("is what the schemas of the program give (npm run schema)", async () => {
    expect(JSON.parse(await read(SCHEMA_FILE))).toEqual(JSON.parse(JSON.stringify(stackFileSchema())));
  });

  it.each(stackFiles)("%s names it in its first line and follows it", async (file) => {
    const text = await read(file);
    expect(text.split("\n")[0]).toBe(`# yaml-language-server: $schema=./${SCHEMA_FILE}`);
    expect((await validator())(parse(text))).toEqual([]);
  });

  it.each<[string, object, string]>([
    ["unknown key", { "vision-platform:cvat": { worker: {} } }, "vision-platform:cvat"],
    ["unknown section", { "vision-platform:cvta": {} }, ""],
    [
      "wrong type",
      { "vision-platform:cvat": { workers: { export: { replicas: "2" } } } },
      "vision-platform:cvat.workers.export.replicas",
    ],
    ["wrong size", { "vision-platform:cvat": { data: { size: "50G" } } }, "vision-platform:cvat.data.size"],
    [
      "secret in plain text",
      { "vision-platform:cvat": { secrets: { redis: "plain-text" } } },
      "vision-platform:cvat.secrets.redis",
    ],
    [
      "secret in a list",
      { "vision-platform:clearml": { users: [{ username: "a", name: "A", password: "plain-text" }] } },
      "vision-platform:clearml.users.0.password",
    ],
  ])("refuses: %s", async (_, config, at) => {
    const found = (await validator())({ config });
    expect(found.some((issue) => issue.startsWith(["config", at].filter(Boolean).join(".")))).toBe(true);
  });

  it.each<[string, object]>([
    ["an encrypted value", { "vision-platform:cvat": { secrets: { redis: { secure: "v1:abc" } } } }],
    ["a section left out", {}],
    ["a plugin's key", { "kubernetes:namespace": "other" }],
  ])("takes %s", async (_, config) => expect((await validator())({ config, encryptionsalt: "v1:x" })).toEqual([]));

  it("describes every key of every section", () => {
    const bare: string[] = [];
    const walk = (node: z.core.JSONSchema.BaseSchema, at: string) => {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (typeof child === "boolean" || key === "secure") continue;
        if (!child.description) bare.push(`${at}${key}`);
        walk(child, `${at}${key}.`);
      }
      if (typeof node.items === "object" && !Array.isArray(node.items)) walk(node.items, `${at}[].`);
    };
    const { config } = stackFileSchema()["properties"] as Record<string, z.core.JSONSchema.BaseSchema>;
    walk(config ?? {}, "");
    expect(bare).toEqual([]);
    expect(Object.keys(config?.properties ?? {})).toEqual(
      Object.keys(SECTIONS).map((name) => `vision-platform:${name}`),
    );
  });
});
