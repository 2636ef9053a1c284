import { closest } from "fastest-levenshtein";
import * as z from "zod";
import { shown } from "./unseen.ts";

/** One thing wrong with the configuration. */
export interface Problem {
  /** Where: `vision-platform:cvat.workers.export.replicas`. */
  path: string;
  /** What is wrong and what to do, without the value: it may be a secret. */
  message: string;
}

/** A problem as it can be shown: what stands in a file may turn the text around it, or hide some. */
export function showable({ path, message }: Problem): Problem {
  return { path: shown(path), message: shown(message) };
}

/** The path as `pulumi config set --path` takes it: a key with a dot in it stands in quotes. */
export function pathText(section: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const key = String(part);
    return /[.[\]"]/.test(key) ? `${text}[${JSON.stringify(key)}]` : `${text}.${key}`;
  }, section);
}

/** Everything a schema has to say about a section, one problem per cause, each with what the key takes. */
export function problemsOf(section: string, schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap(meantIssues).flatMap((issue): Problem[] => {
    if (issue.code === "unrecognized_keys") {
      const known = Object.keys(shapeAt(schema, issue.path) ?? {});
      return issue.keys.map((key) => ({
        path: pathText(section, [...issue.path, key]),
        message: unknownKey(key, known),
      }));
    }
    const path = pathText(section, issue.path);
    const meta = metaAt(schema, issue.path);
    const sentence = capital(sentenceOf(issue)).replace(/[^.]$/, "$&.");
    const cure = meta.description ? ` ${meta.description}` : "";
    const example = meta.examples ? ` For example: ${JSON.stringify(meta.examples[0])}.` : "";
    return [{ path, message: issue.code === "custom" ? sentence : sentence + cure + example }];
  });
}

/** Of what may be one thing or another, what is wrong with the one that was meant: the one whose faults all lie inside. */
function meantIssues(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find((branch) => branch.every(isInside));
  return meant ? meant.flatMap((inner) => meantIssues({ ...inner, path: [...issue.path, ...inner.path] })) : [issue];
}

const isInside = ({ path, code }: z.core.$ZodIssue) => path.length > 0 || code === "unrecognized_keys";

/** Types as a person who writes YAML calls them. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map of keys",
  record: "a map of keys",
  array: "a list",
  null: "empty",
};

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  if (issue.code !== "invalid_type") return issue.message.replace(/^Invalid input: /, "");
  const received = /received (\w+)$/.exec(issue.message)?.[1] ?? "";
  if (received === "undefined") return "is missing";
  if (received === "Sealed") return "takes no encrypted value";
  const wanted = `must be ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
  if (issue.expected === "int" && received === "number") return wanted;
  const cure = issue.expected === "string" && /^(number|boolean)$/.test(received) ? ": put it in quotes" : "";
  return `${wanted}, not ${TYPE_WORDS[received] ?? received}${cure}`;
}

/** What to say of a key nobody knows. */
export function unknownKey(key: string, known: readonly string[]): string {
  return known.length === 0
    ? "Unknown key."
    : `Unknown key. Did you mean \`${closest(key, [...known])}\`? Known here: ${known.join(", ")}.`;
}

/** All problems as one text, sorted by path. */
export function problemList(title: string, problems: readonly Problem[]): string[] {
  const sorted = [...problems].sort((a, b) => a.path.localeCompare(b.path));
  return [title, ...sorted.map(({ path, message }) => `  ${path}: ${message}`)];
}

interface Meta {
  description?: string;
  examples?: readonly unknown[];
}

function shapeAt(schema: z.ZodType, path: readonly PropertyKey[]): Record<string, z.ZodType> | undefined {
  const found = layersAt(schema, path).at(-1);
  const parts = found instanceof z.ZodUnion ? (found.options as z.ZodType[]) : [found];
  return parts.find((part) => part instanceof z.ZodObject)?.shape;
}

/**
 * The sentence stands on the outermost layer (`.optional()`, `.default()`), the example often on the block inside.
 * What lies in a list or a map of free keys is described by the list or the map.
 */
function metaAt(schema: z.ZodType, path: readonly PropertyKey[]): Meta {
  const metas = layersAt(schema, path).map((layer): Meta => (layer.meta() ?? {}) as Meta);
  const description = metas.find((meta) => meta.description)?.description;
  if (description === undefined && path.length > 0) return metaAt(schema, path.slice(0, -1));
  return { description, examples: metas.find(({ examples }) => examples)?.examples };
}

/** Whether the schema at a path, or one above it, carries a mark. */
export function markAt(schema: z.ZodType, path: readonly PropertyKey[], mark: "secret" | "lines"): boolean {
  const isMarked = layersAt(schema, path).some((layer) => (layer.meta() as Marks | undefined)?.[mark]);
  return isMarked || (path.length > 0 && markAt(schema, path.slice(0, -1), mark));
}

type Marks = { secret?: boolean; lines?: boolean };

/** The schema at a path with what it wraps, outermost first. */
function layersAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType[] {
  let layers = layersOf(schema);
  for (const part of path) {
    const next = childOf(layers.at(-1), part);
    if (next === undefined) return [];
    layers = layersOf(next);
  }
  return layers;
}

export function layersOf(schema: z.ZodType): z.ZodType[] {
  const inner = innerOf(schema);
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)];
}

function childOf(schema: z.ZodType | undefined, part: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, z.ZodType | undefined>)[String(part)];
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodUnion) {
    return (schema.options as z.ZodType[]).map((option) => childOf(option, part)).find((child) => child !== undefined);
  }
  return undefined;
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return schema.unwrap() as z.ZodType;
  }
  return schema instanceof z.ZodPipe ? (schema.in as z.ZodType) : undefined;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
