import { createInterface } from "node:readline";
import { UserError } from "../../../components/program/errors.ts";
import type { Bucket } from "../store/objects.ts";

/**
 * Keys of the pictures that a manifest has: they are told from its own folder on, without their extension. (cvat-real-third-look.md 9.3)
 * @throws UserError, exit code 2, where there is no such manifest, or a record of it CVAT would fail at, by line
 */
export async function manifestNames(bucket: Bucket, key: string): Promise<Set<string>> {
  if ((await bucket.stat(key)) === undefined)
    throw new UserError(`${bucket.name}/${key} is not there. Make it: npm run platform -- dataset manifest`, {
      exitCode: 2,
    });
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  const names = new Set<string>();
  const problems: string[] = [];
  let number = 0;
  for await (const line of createInterface({ input: await bucket.read(key), crlfDelay: Infinity })) {
    number += 1;
    // What kind of list it is stands in the first two.
    if (number <= 2) continue;
    const problem = problemOf(line, folder, names);
    if (problem !== undefined && problems.length < MOST) problems.push(`${key}:${number}: ${problem}`);
  }
  if (problems.length > 0) throw new UserError(problems.join("\n"), { exitCode: 2 });
  return names;
}

const MOST = 20;

/** (cvat-real-third-look.md 9.4) */
function problemOf(line: string, folder: string, names: Set<string>): string | undefined {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return "is no JSON";
  }
  const { name, extension, width, height } = record;
  if (typeof name !== "string" || typeof extension !== "string") return "has no name and extension";
  if (!(Number.isInteger(width) && Number(width) > 0 && Number.isInteger(height) && Number(height) > 0))
    return `${name}${extension} has no width and height`;
  const key = `${folder}${name}${extension}`;
  if (names.has(key)) return `${key} comes twice`;
  names.add(key);
  return undefined;
}
