import type * as z from "zod";
import { isMap } from "../program/maps.ts";

/** One thing wrong with a section. */
export interface Found {
  /** The key below the section it is shown at. */
  path: readonly (string | number)[];
  /** What is wrong and the cure, as a sentence without its full stop. */
  message: string;
}

/** A rule across the keys of one section. */
export interface SectionRule<Section> {
  /** Top-level keys it reads. It is skipped while one of them is unsound by itself. */
  reads: readonly (keyof Section & string)[];
  problems: (section: Section) => readonly Found[];
}

/** The schema with rules across its keys. Each speaks as soon as the keys it reads are sound by themselves, so that a file's problems all come at once. */
export function withRules<Schema extends z.ZodObject>(
  schema: Schema,
  rules: readonly SectionRule<z.output<Schema>>[],
): Schema {
  return schema.superRefine(
    (section, context) => {
      const unsound = new Set(context.issues.map(({ path }) => String(path?.[0])));
      const found = rules
        .filter(({ reads }) => !reads.some((key) => unsound.has(key)))
        .flatMap(({ problems }) => problems(section));
      for (const { path, message } of found) context.addIssue({ code: "custom", path: [...path], message });
    },
    { when: ({ value }) => isMap(value) },
  );
}

/** One rule for one key: what is wrong with it, if anything. */
export function ruleAt<Section>(
  path: readonly string[],
  reads: SectionRule<Section>["reads"],
  problem: (section: Section) => string | undefined,
): SectionRule<Section> {
  return {
    reads,
    problems: (section) => {
      const message = problem(section);
      return message === undefined ? [] : [{ path, message }];
    },
  };
}

/** Entries whose value an earlier entry has already, each with the key of the first. */
export function repeats<Key extends string | number>(
  entries: readonly (readonly [key: Key, value: string | undefined])[],
): { key: Key; first: Key; value: string }[] {
  return entries.flatMap(([key, value], index) => {
    const first = entries.slice(0, index).find(([, earlier]) => earlier === value);
    return value !== undefined && first ? [{ key, first: first[0], value }] : [];
  });
}

/** Entries of a list that stand in it before already. */
export function listedTwice(list: readonly string[], path: readonly (string | number)[]): Found[] {
  return repeats(list.map((value, index) => [index, value] as const)).map(({ key, value }) => ({
    path: [...path, key],
    message: `\`${value}\` stands in this list already; take one of them out`,
  }));
}
