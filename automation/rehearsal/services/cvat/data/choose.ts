import path from "node:path";
import { bytesOf, hasObject, isElsewhere, keysBelow } from "../bucket.ts";
import type { StoredStorage } from "../store.ts";
import { Failure, type Work } from "../workers.ts";
import { manifestIn, invalid, type Manifest } from "./manifest.ts";

/** What a data call says of its files. */
export interface Wanted {
  server_files: readonly string[];
  server_files_exclude: readonly string[];
  filename_pattern: string;
}

/** The files of a task, and the manifest that describes them. */
export interface Chosen {
  files: readonly string[];
  manifest: Manifest | undefined;
}

export const notFound = (file: string, { resource }: StoredStorage): Failure =>
  new Failure(`rest_framework.exceptions.NotFound: The file '${file}' not found on the cloud storage '${resource}'`);

/** What a data call's names, folders, patterns and manifests come to. (4.6; cvat-real-third-look.md, 9.3; engine/task.py, create_thread) */
export async function chosen({ config }: Work, storage: StoredStorage, wanted: Wanted): Promise<Chosen> {
  const given = wanted.server_files.map((file) => file.replace(/^\//, ""));
  const manifests = given.filter((file) => file.endsWith(".jsonl"));
  const names = given.filter((file) => !file.endsWith(".jsonl"));
  const [manifestFile] = manifests;
  if (manifests.length > 1) throw invalid("Only one manifest file can be attached to data");
  const manifest = manifestFile === undefined ? undefined : await manifestAt(manifestFile);
  const listed = manifest?.records.map(({ name }) => name);
  if (manifest?.film && names.length === 0)
    throw new Failure("InvalidManifestError: Invalid '..' file structure: 'name' is required");
  const below = (folder: string) =>
    listed ? listed.filter((name) => name.startsWith(folder)) : folder === "" ? [] : keysBelow(config, storage, folder);
  const files: string[] = [];
  for (const name of names) files.push(...(name.endsWith("/") ? await below(name) : name === "" ? [] : [name]));
  const kept = files.filter((file) => !isExcluded(file, wanted.server_files_exclude));
  const pattern = wanted.filename_pattern || (manifest && names.length === 0 ? "*" : "");
  if (pattern !== "") {
    const all = listed ?? (await keysBelow(config, storage, ""));
    kept.push(...all.filter((name) => matcher(pattern).test(name)));
  }
  const prefix = new URLSearchParams(storage.specific_attributes).get("prefix") ?? "";
  return { files: kept.filter((file) => file.startsWith(prefix)), manifest };

  async function manifestAt(file: string): Promise<Manifest> {
    if (isElsewhere(config, storage) || !(await hasObject(config, storage, file))) throw notFound(file, storage);
    const bytes = await bytesOf(config, storage, file);
    const folder = path.posix.dirname(file);
    return manifestIn(bytes?.toString("utf8") ?? "", folder === "." ? "" : folder);
  }
}

/** A file that is named, or lies in a folder that is. */
const isExcluded = (file: string, excluded: readonly string[]) =>
  excluded.some((one) => one === file || (one.endsWith("/") && file.startsWith(one)));

/** Python's fnmatch: a star crosses slashes. */
function matcher(pattern: string): RegExp {
  const parts = pattern.split(/(\*|\?|\[[^\]]*\])/).map((part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    return part.startsWith("[") ? part.replace(/^\[!/, "[^") : part.replace(/[.+^${}()|\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "s");
}
