import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import type { Label } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { Model, ModelLabel } from "./model.ts";

/** What becomes of a model's label. */
export interface Mapped {
  name: string;
  /** Names of the task's attributes by those of the model. */
  attributes: Record<string, string>;
}

/** By the names of the model's labels. */
export type Mapping = Record<string, Mapped>;

/** As a person writes it; attributes left out are those of equal names. */
export type WrittenMapping = Record<string, { name: string; attributes?: Record<string, string> | undefined }>;

const FILE = z.record(
  z.string(),
  z.union([
    z.string().transform((name) => ({ name })),
    z.strictObject({ name: z.string(), attributes: z.record(z.string(), z.string()).optional() }),
  ]),
);

/** `car=vehicle,bus=vehicle`, or a file of YAML or JSON. @throws UserError, exit code 2 */
export async function writtenMapping(text: string): Promise<WrittenMapping> {
  const pairs = text.split(",").map((pair) => /^\s*([^=]+?)\s*=\s*(.+?)\s*$/.exec(pair));
  if (pairs.every((pair) => pair !== null))
    return Object.fromEntries(pairs.map(([, model = "", name = ""]) => [model, { name }]));
  const content = await readFile(text, "utf8").catch(() => undefined);
  if (content === undefined)
    throw new UserError(`--mapping ${text} is neither a file nor MODEL=TASK,MODEL=TASK.`, { exitCode: 2 });
  const problem = (why: string) => new UserError(`${text} is no mapping: ${why}`, { exitCode: 2 });
  let value: unknown;
  try {
    value = parse(content);
  } catch (error) {
    throw problem((error as Error).message.split("\n")[0] ?? "");
  }
  const read = FILE.safeParse(value);
  if (!read.success)
    throw problem(`it is a map of the model's labels, each with a label of the task, or with name and attributes.`);
  return read.data;
}

export interface MappingPlan {
  mapping: Mapping;
  /** What will be left out, and a person may want to know. */
  notes: string[];
}

const MASKS = ["mask", "polygon"];

/**
 * What becomes of each label of a model in a task. CVAT drops in silence what does not fit, and with a mapping every attribute that it does not name:
 * so all is named here, and what does not fit is refused. (cvat-real-third-look.md 7.2)
 * @param written Default: labels of equal names
 * @throws UserError, exit code 2, with all that does not fit
 */
export function mappingOf(model: Model, labels: readonly Label[], written?: WrittenMapping): MappingPlan {
  const problems: string[] = [];
  const notes: string[] = [];
  const mapping: Mapping = {};
  const wanted = written ?? equalNames(model, labels);
  const has = (all: readonly { name: string }[]) => all.map(({ name }) => name).join(", ") || "none";
  if (Object.keys(wanted).length === 0)
    problems.push(
      `${model.id} and the task have no label of the same name: nothing would be stored. The model's: ${has(model.labels_v2)}. The task's: ${has(labels)}. Say which is which: --mapping MODEL=TASK.`,
    );
  for (const [from, { name, attributes }] of Object.entries(wanted)) {
    const source = model.labels_v2.find((one) => one.name === from);
    const target = labels.find((one) => one.name === name);
    if (!source) problems.push(`${model.id} gives no label ${from}. It gives: ${has(model.labels_v2)}.`);
    if (!target) problems.push(`The task has no label ${name}. It has: ${has(labels)}.`);
    if (!source || !target) continue;
    if (!fits(source.type, target.type))
      problems.push(
        `${from} of ${model.id} is a ${source.type}, and the task's label ${name} takes ${target.type} alone: CVAT would drop every one in silence. Map it to another, or leave it out of --mapping.`,
      );
    mapping[from] = { name, attributes: attributes ?? equalAttributes(source, target) };
    problems.push(...unknownAttributes(from, source, target, mapping[from].attributes));
    const lost = source.attributes.filter((one) => !(one.name in (mapping[from]?.attributes ?? {})));
    if (lost.length > 0) notes.push(`Attributes of ${from} that are left out: ${has(lost)}.`);
  }
  const left = model.labels_v2.filter((one) => !(one.name in wanted));
  if (left.length > 0 && problems.length === 0)
    notes.push(`Labels of ${model.id} that are left out: ${shortList(left)}.`);
  if (problems.length > 0) throw new UserError(problems, { exitCode: 2 });
  return { mapping, notes };
}

const SHOWN = 10;
function shortList(all: readonly { name: string }[]): string {
  const shown = all.slice(0, SHOWN).map(({ name }) => name);
  return all.length > SHOWN ? `${shown.join(", ")} and ${all.length - SHOWN} more` : shown.join(", ");
}

function equalNames(model: Model, labels: readonly Label[]): WrittenMapping {
  const known = new Set(labels.map(({ name }) => name));
  return Object.fromEntries(model.labels_v2.filter(({ name }) => known.has(name)).map(({ name }) => [name, { name }]));
}

function equalAttributes(source: ModelLabel, target: Label): Record<string, string> {
  const known = new Set(target.attributes.map(({ name }) => name));
  return Object.fromEntries(source.attributes.filter(({ name }) => known.has(name)).map(({ name }) => [name, name]));
}

function unknownAttributes(label: string, source: ModelLabel, target: Label, attributes: Record<string, string>) {
  return Object.entries(attributes).flatMap(([from, to]) => [
    ...(source.attributes.some(({ name }) => name === from) ? [] : [`${label} of the model has no attribute ${from}.`]),
    ...(target.attributes.some(({ name }) => name === to)
      ? []
      : [`The task's label ${target.name} has no attribute ${to}.`]),
  ]);
}

/** A mask becomes a polygon and the other way round; `any` takes all but skeletons. (cvat.md section 4) */
function fits(source: string, target: string): boolean {
  if (source === target || source === "any") return true;
  if (target === "any") return source !== "skeleton";
  return MASKS.includes(source) && MASKS.includes(target);
}
