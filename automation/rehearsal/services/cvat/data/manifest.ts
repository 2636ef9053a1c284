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

const linesOf = (...lines: unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** A manifest of pictures as CVAT makes one of those in a bucket: without their checksums. (cvat-real-third-look.md 3.3) */
export const manifestOf = (frames: readonly ManifestRecord[]): string =>
  linesOf(
    { version: "1.1" },
    { type: "images" },
    ...frames.map(({ name, width, height }) => {
      const extension = path.posix.extname(name);
      return { name: name.slice(0, name.length - extension.length), extension, width, height };
    }),
  );

/** A film's. Nothing here decodes it: it says of the first frame alone where it is, and no checksum that CVAT would find. */
export const filmManifestOf = (name: string, { width, height, length }: NonNullable<Manifest["film"]>): string =>
  linesOf(
    { version: "1.1" },
    { type: "video" },
    { properties: { name: path.posix.basename(name), resolution: [width, height], length, chapters: [] } },
    { number: 0, pts: 0, checksum: "" },
  );

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
