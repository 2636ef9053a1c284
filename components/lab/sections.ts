import * as z from "zod";
import { chartsConfig } from "../charts/charts-config.ts";
import { clearmlConfig } from "../clearml/clearml-config.ts";
import { clusterConfig } from "./cluster-config.ts";
import { cvatConfig } from "../cvat/cvat-config.ts";
import { isMap } from "../program/maps.ts";
import { functionsConfig } from "../nuclio/function-config.ts";
import { problemsOf, showable, unknownKey, type Problem } from "../schema/problems.ts";
import { rehearsalConfig } from "./rehearsal-config.ts";
import { RULES, type SoundParts } from "./rules.ts";
import { objectStoreConfig } from "../storage/object-store-config.ts";
import { unseenCharacters } from "../schema/texts.ts";
import { traefikConfig } from "../traefik/traefik-config.ts";

/** The project's name in Pulumi.yaml, and so the prefix of every key in a stack file. */
export const PROJECT = "vision-platform";

/** Every section of a stack file, each with the schema that lies beside its component. A section left out takes its defaults. */
export const SECTIONS = {
  cluster: clusterConfig.prefault({}).describe("The K3s cluster everything goes to."),
  charts: chartsConfig.prefault({}).describe("Which Helm charts are installed."),
  traefik: traefikConfig.prefault({}).describe("Traefik, which K3s brings along: the way to CVAT from outside."),
  objectStore: objectStoreConfig
    .optional()
    .describe(
      "MinIO: its buckets, and a user for each application. Left out, CVAT reaches no store on private addresses.",
    ),
  cvat: cvatConfig.prefault({}).describe("CVAT: annotation, with Nuclio for automatic annotation and analytics."),
  functions: functionsConfig.prefault({}).describe("Functions of Nuclio that annotate in CVAT, by name."),
  clearml: clearmlConfig.prefault({}).describe("ClearML: experiments, training and artifacts."),
  rehearsal: rehearsalConfig
    .prefault({})
    .describe("What a rehearsal cannot know of your cluster. `preview` and `up` make nothing of it."),
} as const;

export type SectionName = keyof typeof SECTIONS;
export type LabConfig = { [Name in SectionName]: z.output<(typeof SECTIONS)[Name]> };

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
  problems.push(...RULES.flatMap((rule) => rule(lab as SoundParts)));
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
