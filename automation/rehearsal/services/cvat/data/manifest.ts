import path from "node:path";
import { Failure } from "../workers.ts";

/** A record of a manifest of pictures. */
export interface ManifestRecord {
  /** With its ending. */
  name: string;
  width: number;
  height: number;
}

/** A manifest as CVAT reads it. */
export interface Manifest {
  records: readonly ManifestRecord[];
  /** Frames of the film it describes, which are believed. */
  film?: { length: number; width: number; height: number };
}

type Json = Record<string, unknown>;

const VERSIONS = ["1.0", "1.1"];
export const invalid = (text: string): Failure =>
  new Failure(`rest_framework.exceptions.ValidationError: [ErrorDetail(string='${text}', code='invalid')]`);
const INVALID = "Invalid manifest was uploaded";

/**
 * Reads a manifest that lies in `folder`; names in it begin there. (cvat-real-third-look.md, 9.3 to 9.5)
 * @throws Failure in CVAT's words
 */
export function manifestIn(text: string, folder: string): Manifest {
  const [head, type, ...lines] = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const kind = isVersion(parsed(head)) ? parsed(type)?.["type"] : undefined;
  if (kind === "video") return { records: [], film: filmIn(parsed(lines[0])) };
  if (kind !== "images" || lines.length === 0) throw invalid(INVALID);
  return { records: lines.map((line) => record(line, folder)) };
}

function filmIn(found: Json | undefined) {
  const { length, resolution } = (found?.["properties"] ?? {}) as { length?: unknown; resolution?: unknown };
  if (typeof length !== "number" || length === 0 || !Array.isArray(resolution)) throw invalid(INVALID);
  const [width = 0, height = 0] = resolution as number[];
  return { length, width, height };
}

const isVersion = (head: Json | undefined) => VERSIONS.includes(String(head?.["version"]));

function parsed(line: string | undefined): Json | undefined {
  try {
    return JSON.parse(line ?? "") as Json;
  } catch {
    return undefined;
  }
}

function record(line: string, folder: string): ManifestRecord {
  if (line === "") throw new Failure("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)");
  const { name, extension, width, height } = parsed(line) ?? {};
  if (typeof name !== "string" || typeof extension !== "string") throw invalid(INVALID);
  if (!Number.isInteger(width) || !Number.isInteger(height)) throw invalid(INVALID);
  if (width === 0 || height === 0) throw new Failure("ZeroDivisionError: division by zero");
  const whole = path.posix.normalize(`${folder}/${name}${extension}`);
  if (name.startsWith("/") || name.split("/").includes(".."))
    throw new Failure(`ValueError: '${name}${extension}' is not in the subpath of '${folder}'`);
  return { name: folder === "" ? `${name}${extension}` : whole, width: Number(width), height: Number(height) };
}
