import { readFile } from "node:fs/promises";
import path from "node:path";
import { PROJECT } from "../../components/lab/sections.ts";
import { isMap } from "../../components/program/maps.ts";
import { labelList, type LabelEntry } from "../../components/nuclio/label-config.ts";
import { pathText, problemsOf, type Problem } from "../../components/schema/problems.ts";

const fileSchema = labelList.min(1).describe("The labels of the model, in the order of its classes.");

/** What the files of labels say, and what is wrong with them. */
export interface LabelFiles {
  /** By function. */
  labels: Record<string, LabelEntry[]>;
  problems: Problem[];
}

/**
 * The files of labels that functions name.
 * @param functions the section `functions` as it stands in the stack file: a file is read also while something else is wrong with it
 * @param folder what the files' names are relative to: this program's folder
 */
export async function readLabelFiles(functions: unknown, folder: string): Promise<LabelFiles> {
  const named = Object.entries(isMap(functions) ? functions : {}).flatMap(([name, entry]) => {
    const file = isMap(entry) ? entry["labelsFile"] : undefined;
    return typeof file === "string" && file !== "" ? [[name, file] as const] : [];
  });
  const read = await Promise.all(
    named.map(async ([name, file]) => [name, await readLabels(name, file, folder)] as const),
  );
  return {
    labels: Object.fromEntries(read.map(([name, { labels }]) => [name, labels])),
    problems: read.flatMap(([, { problems }]) => problems),
  };
}

async function readLabels(
  name: string,
  file: string,
  folder: string,
): Promise<{ labels: LabelEntry[]; problems: Problem[] }> {
  const key = pathText(`${PROJECT}:functions`, [name, "labelsFile"]);
  const broken = (...messages: string[]) => ({
    labels: [],
    problems: messages.map((message) => ({ path: key, message })),
  });
  const text = await readFile(path.resolve(folder, file), "utf8").catch((error: unknown) => error as Error);
  if (text instanceof Error) {
    return broken(`${file} cannot be read (${codeOf(text)}). It is relative to this program's folder, ${folder}.`);
  }
  const parsed = json(text);
  if (parsed instanceof SyntaxError) return broken(`${file} is no JSON${placeOf(parsed)}.`);
  const result = fileSchema.safeParse(parsed);
  if (result.success) return { labels: result.data, problems: [] };
  const found = problemsOf(file, fileSchema, result.error.issues);
  return broken(...found.map(({ path: place, message }) => `${place}: ${message}`));
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.message;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return error;
  }
}

/** Where a text stops being JSON; without the text, which may be anything. */
function placeOf({ message }: SyntaxError): string {
  const [, line, column] = /line (\d+) column (\d+)/.exec(message) ?? [];
  return line === undefined ? "" : `, from line ${line}, column ${column ?? ""} on`;
}
