import { parseLab } from "../../components/lab/parse.ts";
import { PROJECT, SECTIONS, type LabConfig } from "../../components/lab/sections.ts";
import { pathText, showable, type Problem } from "../../components/schema/problems.ts";
import { Sealed } from "../../components/schema/values.ts";
import { secretPaths } from "./secret-paths.ts";
import type { StackFile } from "./stack-file.ts";

export type Checked = { lab: LabConfig; problems: [] } | { lab: undefined; problems: Problem[] };

/**
 * Everything wrong with a stack file: what the program itself would refuse, secrets that stand in it in plain text, and encrypted values
 * where the program would show them.
 */
export function checkStackFile({ sections, keys }: Pick<StackFile, "sections" | "keys">): Checked {
  const parsed = parseLab(sections);
  const told = new Set(parsed.problems.map(({ path }) => path));
  const problems = [
    ...parsed.problems,
    ...bareKeys(keys),
    ...plainSecrets(sections),
    ...misplacedSecrets(sections).filter(({ path }) => !told.has(path)),
  ];
  return problems.length === 0 && parsed.lab
    ? { lab: parsed.lab, problems: [] }
    : { lab: undefined, problems: problems.map(showable) };
}

function plainSecrets(sections: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(SECTIONS).flatMap(([name, schema]) =>
    secretPaths(schema, sections[name])
      .filter(({ value }) => typeof value === "string")
      .map(({ path }) => {
        const key = pathText(`${PROJECT}:${name}`, path);
        return { path: key, message: `A secret in plain text. Encrypt it: pulumi config set --path --secret '${key}'` };
      }),
  );
}

/** Keys that nobody would read, though they look like ours. */
function bareKeys(keys: readonly string[]): Problem[] {
  return keys
    .filter((key) => !key.includes(":"))
    .map((key) => ({ path: key, message: `A key stands with its project's name: ${PROJECT}:${key}.` }));
}

function misplacedSecrets(sections: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(SECTIONS).flatMap(([name, schema]) => {
    const textOf = (path: readonly PropertyKey[]) => pathText(`${PROJECT}:${name}`, path);
    const places = new Set(secretPaths(schema, sections[name]).map(({ path }) => textOf(path)));
    return sealedPaths(sections[name])
      .map(textOf)
      .filter((path) => !places.has(path))
      .map((path) => ({
        path,
        message: "Encrypted, but not a place for a secret: it would be seen in clear in the cluster.",
      }));
  });
}

function sealedPaths(value: unknown, path: PropertyKey[] = []): PropertyKey[][] {
  if (value instanceof Sealed) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => sealedPaths(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => sealedPaths(item, [...path, key]));
}
