import type * as z from "zod";
import { isMap } from "../program/maps.ts";
import { problemsOf, showable, unknownKey, type Problem } from "../schema/problems.ts";
import { unseenCharacters } from "../schema/texts.ts";
import { RULES, type SoundParts } from "./rules.ts";
import { PROJECT, SECTIONS, type LabConfig } from "./sections.ts";

export type ParsedLab = { lab: LabConfig; problems: [] } | { lab: undefined; problems: Problem[] };

/**
 * The configuration of a lab from the values of its sections, or every problem in them at once.
 * @param sections values by section name, without the project's prefix; a secret is its text or, where that is not known, `Sealed`.
 */
export function parseLab(sections: Readonly<Record<string, unknown>>): ParsedLab {
  const known = Object.keys(SECTIONS);
  const problems: Problem[] = Object.keys(sections)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: `${PROJECT}:${name}`, message: unknownKey(name, known) }));
  const lab: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(SECTIONS)) {
    // A key with nothing behind it is how YAML writes a section whose keys are all commented out.
    const section = sections[name] ?? undefined;
    const path = `${PROJECT}:${name}`;
    if (section !== undefined && !isMap(section)) {
      problems.push({ path, message: `Must be a map of keys. ${schema.meta()?.description ?? ""}` });
      continue;
    }
    const result = schema.safeParse(section);
    const own = result.success ? [] : problemsOf(path, schema, result.error.issues);
    const told = new Set(own.map((problem) => problem.path));
    problems.push(...own, ...unseenCharacters(path, schema, section).filter((problem) => !told.has(problem.path)));
    lab[name] = result.success ? result.data : soundPart(schema, section, result.error.issues);
  }
  problems.push(...RULES.flatMap((rule) => rule(lab as SoundParts, Object.keys(sections))));
  return problems.length === 0
    ? { lab: lab as LabConfig, problems: [] }
    : { lab: undefined, problems: problems.map(showable) };
}

/** A section without the keys that have problems, so that a rule across sections speaks in the same run as they do. */
function soundPart(schema: z.ZodType, section: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const unsound = new Set(
    issues.flatMap((issue) =>
      issue.path.length === 0 && issue.code === "unrecognized_keys" ? issue.keys : [String(issue.path[0])],
    ),
  );
  const sound = (part: object) => Object.fromEntries(Object.entries(part).filter(([key]) => !unsound.has(key)));
  const result = schema.safeParse(sound(section ?? {}));
  // A key left out took its default, which nobody asked for.
  return result.success && isMap(result.data) ? sound(result.data) : undefined;
}
