import * as z from "zod";
import { PROJECT, SECTIONS } from "../../components/lab/sections.ts";

/** The JSON Schema of a stack file, from the schemas the program checks with. */
export function stackFileSchema(): Record<string, unknown> {
  const sections = Object.entries(SECTIONS).map(
    ([name, schema]) => [`${PROJECT}:${name}`, sectionSchema(schema)] as const,
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack file of vision-platform",
    type: "object",
    properties: {
      encryptionsalt: { type: "string", description: "Written by Pulumi: belongs to the passphrase of this stack." },
      secretsprovider: { type: "string" },
      config: {
        type: "object",
        properties: Object.fromEntries(sections),
        patternProperties: { [`^(?!${PROJECT}:)`]: {} },
        additionalProperties: false,
      },
    },
  };
}

function sectionSchema(schema: z.ZodType): Record<string, unknown> {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const meta = z.globalRegistry.get(zodSchema) as { secret?: boolean } | undefined;
      delete (jsonSchema as Record<string, unknown>).lines;
      // Not every editor compiles patterns with the `u` flag, without which `\p{L}` means the letter p: the program alone checks those.
      if (jsonSchema.pattern?.includes("\\p{")) delete jsonSchema.pattern;
      if (!meta?.secret) return;
      delete jsonSchema.anyOf;
      delete (jsonSchema as Record<string, unknown>).secret;
      jsonSchema.type = "object";
      jsonSchema.properties = { secure: { type: "string" } };
      jsonSchema.required = ["secure"];
      jsonSchema.additionalProperties = false;
    },
  }) as Record<string, unknown>;
  // Stands once, at the top of the file.
  delete json["$schema"];
  return json;
}
