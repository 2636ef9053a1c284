import * as z from "zod";

/** A place in a section that takes a secret, and what stands there. */
export interface SecretPlace {
  path: PropertyKey[];
  value: unknown;
}

/** Where in `value` the schema has secrets. */
export function secretPaths(schema: z.ZodType, value: unknown, path: PropertyKey[] = []): SecretPlace[] {
  if (value === undefined || value === null) return [];
  if ((schema.meta() as { secret?: boolean } | undefined)?.secret) return [{ path, value }];
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return secretPaths(schema.unwrap() as z.ZodType, value, path);
  }
  if (schema instanceof z.ZodPipe) return secretPaths(schema.in as z.ZodType, value, path);
  const at = (inner: z.ZodType, key: string | number) =>
    secretPaths(inner, (value as Record<PropertyKey, unknown>)[key], [...path, key]);
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, inner]) => at(inner, key));
  }
  if (schema instanceof z.ZodRecord && typeof value === "object") {
    return Object.keys(value).flatMap((key) => at(schema.valueType as z.ZodType, key));
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.flatMap((_, index) => at(schema.element as z.ZodType, index));
  }
  return [];
}
