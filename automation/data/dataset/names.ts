import { Buffer } from "node:buffer";

const LONGEST_KEY = 1024;
const LONGEST_NAME = 255;

/** A name that does not go, and why. */
export interface NameProblem {
  path: string;
  why: string;
}

/**
 * Why a file cannot become an object that CVAT, too, can take; undefined where it can.
 * @param key whole, with its prefix
 */
export function keyProblem(key: string): string | undefined {
  if (Buffer.byteLength(key) > LONGEST_KEY) return `its key has ${Buffer.byteLength(key)} bytes, and S3 takes 1024`;
  const parts = key.split("/");
  // (minio, object-api-utils.go: IsValidObjectPrefix)
  if (parts.some((part) => part === "." || part === "..")) return "MinIO takes no key with . or .. between slashes";
  if (parts.slice(0, -1).includes("")) return "MinIO takes no key with an empty name between slashes";
  if (key.includes("\\")) return "MinIO takes a backslash for a slash";
  // It becomes a line of a manifest and of a list of files.
  // eslint-disable-next-line no-control-regex
  if (/[\0-\x1f\x7f]/.test(key)) return "a control character in its name, which no list of files can hold";
  return undefined;
}

/** Why an object cannot become a file below a folder; undefined where it can. A slash at the end is a folder's own mark. */
export function fileProblem(path: string): string | undefined {
  const parts = path.replace(/\/$/, "").split("/");
  if (parts.some((part) => part === "." || part === "..")) return "it would lie outside of the folder";
  if (parts.includes("")) return "an empty name between slashes is no file's";
  if (path.includes("\0")) return "no file's name has a zero byte";
  if (parts.some((part) => Buffer.byteLength(part) > LONGEST_NAME)) return "a name of more than 255 bytes";
  return undefined;
}

/** How many of a long list a person is shown. */
export const SHOWN = 20;

/** The first of many, and how many there are. */
export class FirstOf<T> {
  readonly first: T[] = [];
  count = 0;

  add(one: T): void {
    if (this.count++ < SHOWN) this.first.push(one);
  }
}

/** Lines for what does not go: the first of them, and how many. */
export function problemLines(problems: FirstOf<NameProblem>, what: string): string[] {
  const more = problems.count - problems.first.length;
  return [
    what,
    ...problems.first.map(({ path, why }) => `  ${JSON.stringify(path)}: ${why}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
