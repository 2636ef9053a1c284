import { crc32 } from "node:zlib";
import { Failure } from "../workers.ts";
import { unzipped, type Entry } from "../zip.ts";

/** A backup's files, or a task's in a project's. */
export class Archive {
  readonly #files: ReadonlyMap<string, Entry>;
  readonly #folder: string;

  constructor(files: ReadonlyMap<string, Entry>, folder = "") {
    this.#files = files;
    this.#folder = folder;
  }

  /** (ProjectImporter._import_tasks in engine/backup.py) */
  get tasks(): Archive[] {
    const folders = [...this.#files.keys()].flatMap((name) => /^task_(\d+)\//.exec(name)?.[1] ?? []);
    return [...new Set(folders.map(Number))]
      .sort((one, other) => one - other)
      .map((number) => new Archive(this.#files, `task_${number}/`));
  }

  /** Names of files below a folder, without it. */
  below(folder: string): string[] {
    const start = `${this.#folder}${folder}`;
    return [...this.#files.keys()].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  }

  /** @throws Failure in Python's words where it is spoiled */
  find(name: string): Buffer | undefined {
    const found = this.#files.get(`${this.#folder}${name}`);
    if (found && found.crc32 !== crc32(found.bytes))
      throw new Failure(`zipfile.BadZipFile: Bad CRC-32 for file '${found.name}'`);
    return found?.bytes;
  }

  /** @throws Failure in Python's words where there is no such file */
  read(name: string): Buffer {
    const found = this.find(name);
    if (!found) throw new Failure(`KeyError: "There is no item named '${this.#folder}${name}' in the archive"`);
    return found;
  }

  /** What is in a file of JSON. */
  json(name: string): unknown {
    const content = this.read(name).toString("utf8");
    try {
      return JSON.parse(content) as unknown;
    } catch (error) {
      throw new Failure(`rest_framework.exceptions.ParseError: JSON parse error - ${(error as Error).message}`);
    }
  }
}

/** @throws Failure in Python's words for what is no zip, or only a part of one. (cvat-real-third-look.md 3.6) */
export async function archiveIn(bytes: Buffer): Promise<Archive> {
  const entries = await unzipped(bytes);
  if (!entries) throw new Failure("zipfile.BadZipFile: File is not a zip file");
  return new Archive(new Map(entries.map((entry) => [entry.name, entry])));
}
