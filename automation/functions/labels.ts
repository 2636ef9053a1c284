import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { UserError } from "../../components/errors.ts";
import type { FunctionsConfig, LabelEntry } from "../../components/nuclio/config.ts";

const entry = z.union([
  z.string().min(1),
  z
    .object({ name: z.string().min(1), type: z.string().optional(), attributes: z.array(z.unknown()).optional() })
    .transform(({ name, type, attributes }) => ({ name, ...(type && { type }), ...(attributes && { attributes }) })),
]);
const file = z.array(entry).min(1);

/**
 * The labels in the files that functions name, by function.
 * @param folder what the files' names are relative to: this program's folder
 * @throws UserError naming each file that is not there or is no list of labels
 */
export async function readLabelFiles(
  functions: FunctionsConfig,
  folder: string,
): Promise<Record<string, readonly LabelEntry[]>> {
  const problems: string[] = [];
  const found = await Promise.all(
    Object.entries(functions).map(async ([name, { labelsFile }]) => {
      if (labelsFile === undefined) return [];
      const key = `vision-platform:functions.${name}.labelsFile`;
      const text = await readFile(path.resolve(folder, labelsFile), "utf8").catch(() => undefined);
      if (text === undefined) {
        problems.push(`${key}: ${labelsFile} cannot be read. It is relative to this program's folder (${folder}).`);
        return [];
      }
      const result = file.safeParse(json(text));
      if (result.success) return [[name, result.data as LabelEntry[]] as const];
      problems.push(`${key}: ${labelsFile} is no JSON list of labels: names, or maps with name and type.`);
      return [];
    }),
  );
  if (problems.length > 0) throw new UserError(problems, { exitCode: 2 });
  return Object.fromEntries(found.flat());
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
