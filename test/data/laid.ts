import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Data sets of a few text files, each in a folder of its own, for as long as a test. */
export interface LaidFolders {
  /** The folder that they are all in. */
  folder: string;
  /** Writes files by their paths. @returns the folder that they are in */
  laid: (files: Readonly<Record<string, string>>) => Promise<string>;
  remove: () => Promise<void>;
}

export async function laidFolders(): Promise<LaidFolders> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-laid-"));
  let count = 0;
  return {
    folder,
    async laid(files) {
      const root = path.join(folder, String(count++));
      for (const [name, text] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(root, name)), { recursive: true });
        await writeFile(path.join(root, name), text);
      }
      return root;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
