import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../../components/program/errors.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { PROJECT_FOLDER, RUN_TYPESCRIPT } from "../../project.ts";

export type Work = "push" | "dry" | "pull" | "ls" | "list" | "manifest";

export interface Measured {
  seconds: number;
  /** The most memory that it had, in MB. */
  megabytes: number;
}

/**
 * The work of a data verb as a process of its own, and what it took from its start to its end.
 * @param what what {@link file://./data-process.ts} does
 * @throws UserError where it worked on another number of files
 */
export async function ourProcess(
  what: Work,
  place: S3Place,
  bucket: string,
  folder: string,
  prefix: string,
  files: number,
): Promise<Measured> {
  const script = path.join(import.meta.dirname, "data-process.ts");
  const words = [RUN_TYPESCRIPT, script, what, JSON.stringify(place), bucket, folder, prefix];
  const began = performance.now();
  const { stdout } = await execa(process.execPath, words, { cwd: PROJECT_FOLDER });
  const told = JSON.parse(stdout) as Measured & { files: number };
  if (told.files !== files) throw new UserError(`${what} worked on ${told.files} files and not on ${files}.`);
  // The whole process, as for the other program.
  return { ...told, seconds: (performance.now() - began) / 1000 };
}
