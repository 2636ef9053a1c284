import { readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { S3Error } from "minio";
import { UserError } from "../../components/program/errors.ts";
import { s3Of } from "../../components/storage/client/s3.ts";
import type { StatePlace } from "./place.ts";

/** A file of a backend. */
export interface StateFile {
  /** `.pulumi/history/vision-platform/lab/lab-1764511200123456789.checkpoint.json`. */
  key: string;
  bytes: number;
}

/** The files of an engine's backend. */
export interface StateFiles {
  /** What lies in a folder and not below it; a folder that is not there is empty. */
  list(folder: string): Promise<StateFile[]>;
  read(key: string): Promise<Buffer>;
  /** Removes a file, and what the engine keeps beside it. */
  remove(key: string): Promise<void>;
}

export function filesAt(place: StatePlace): StateFiles {
  return place.kind === "file" ? inFolder(place.folder) : inBucket(place);
}

/** What gocloud.dev writes beside each file of a folder. (blob/fileblob) */
const NOTES = ".attrs";

function inFolder(root: string): StateFiles {
  return {
    async list(folder) {
      const names = await readdir(path.join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw unreadable(error);
      });
      const files = names.filter((entry) => entry.isFile() && !entry.name.endsWith(NOTES));
      return Promise.all(
        files.map(async ({ name }) => ({
          key: `${folder}/${name}`,
          bytes: (await stat(path.join(root, folder, name))).size,
        })),
      );
    },
    read: (key) => readFile(path.join(root, key)),
    async remove(key) {
      await rm(path.join(root, key), { force: true });
      await rm(path.join(root, `${key}${NOTES}`), { force: true });
    },
  };
}

function inBucket({ bucket, prefix, s3 }: Extract<StatePlace, { kind: "s3" }>): StateFiles {
  const client = s3Of(s3);
  return {
    async list(folder) {
      const found: StateFile[] = [];
      try {
        for await (const item of client.listObjectsV2(bucket, `${prefix}${folder}/`)) {
          const { name, size } = item as { name?: string; size?: number };
          if (name !== undefined) found.push({ key: name.slice(prefix.length), bytes: size ?? 0 });
        }
      } catch (error) {
        throw unreadable(error);
      }
      return found;
    },
    async read(key) {
      const parts: Buffer[] = [];
      for await (const part of await client.getObject(bucket, `${prefix}${key}`)) parts.push(part as Buffer);
      return Buffer.concat(parts);
    },
    async remove(key) {
      await client.removeObject(bucket, `${prefix}${key}`).catch((error: unknown) => {
        throw unreadable(error);
      });
    },
  };
}

function unreadable(error: unknown): UserError {
  const code = error instanceof S3Error ? `${error.code ?? ""}: ` : "";
  return new UserError(
    `The backend cannot be worked on: ${code}${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );
}
