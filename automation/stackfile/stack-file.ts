import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Document } from "yaml";
import { PROJECT } from "../../components/lab/sections.ts";
import { UserError } from "../../components/program/errors.ts";
import { isMap } from "../../components/program/maps.ts";
import { Sealed } from "../../components/schema/values.ts";
import { parseAsEngine } from "./engine-yaml.ts";

/** A stack file as a person wrote it. */
export interface StackFile {
  path: string;
  /** The values of this project's sections, encrypted ones as `Sealed`. */
  sections: Record<string, unknown>;
  /** Every key under `config:`, other projects' and plugins' included. */
  keys: string[];
}

/** The path of a stack's file. */
export const stackFilePath = (folder: string, stack: string) => path.join(folder, `Pulumi.${stack}.yaml`);

/**
 * Reads a stack file.
 * @throws UserError when it is not there or is not YAML, naming the line.
 */
export async function readStackFile(file: string): Promise<StackFile> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UserError(
      `There is no ${file}. Copy Pulumi.homelab.yaml, which documents every key, and name the stack with --stack.`,
      {
        exitCode: 2,
      },
    );
  });
  return stackFileOf(file, text);
}

/**
 * A stack file of a text that may be written there.
 * @throws UserError when it is not YAML, naming the line
 */
export function stackFileOf(file: string, text: string): StackFile {
  const document = parseAsEngine(text);
  if (document.errors.length > 0) {
    throw new UserError(
      [`${file} cannot be read as YAML:`, ...document.errors.map(({ message }) => `  ${firstLine(message)}`)],
      {
        exitCode: 2,
      },
    );
  }
  const config = configOf(document, file);
  const prefix = `${PROJECT}:`;
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  return {
    path: file,
    sections: Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), withSealed(value)])),
    keys: Object.keys(config),
  };
}

/** The map under `config:`; an empty file has an empty one. */
function configOf(document: Document, file: string): Record<string, unknown> {
  const refuse = (problem: string) => new UserError(`${file}: ${problem}`, { exitCode: 2 });
  let root: unknown;
  try {
    root = document.toJS() ?? {};
  } catch {
    // The parser's own words quote the text behind the star, which may be a secret.
    throw refuse("a text that starts with * must stand in quotes.");
  }
  if (!isMap(root)) throw refuse("must be a map with the key config.");
  const config = root["config"] ?? {};
  if (!isMap(config)) throw refuse(`config must be a map of keys such as ${PROJECT}:cluster.`);
  return config;
}

/** The parser quotes the line it stumbled on, which may hold a secret. */
const firstLine = (message: string) => message.split("\n")[0]?.replace(/:$/, "") ?? "";

function withSealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSealed);
  if (!isMap(value)) return value;
  if ("secure" in value && typeof value.secure === "string" && Object.keys(value).length === 1)
    return new Sealed(value.secure);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSealed(item)]));
}
