import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import { writeWhole } from "../../whole-file.ts";
import { NAMES, type Bundle, type BundledFile } from "./bundle.ts";
import { placeOf } from "./named-files.ts";

/** A file that is put back. */
export interface Placed {
  place: string;
  content: Buffer;
  /** Why it does not lie where the stack file says, for a person who has to see to it. */
  note?: string;
}

/** Where each file of a stack's backup goes. What the stack file names elsewhere than in its folders is laid beside it: that path may be another machine's. */
export function placesIn({ about, contents }: Bundle, folder: string): Placed[] {
  const { stack, files } = about;
  return files.flatMap((file): Placed[] => {
    const content = contents.get(file.name);
    // The state goes to the backend; Pulumi.yaml is the checkout's own, and names its plugins.
    if (content === undefined || file.name === NAMES.state || file.name === NAMES.project) return [];
    if (file.name === NAMES.kubeconfig) return [{ place: path.join(folder, `${stack}.kubeconfig`), content }];
    if (file.name === NAMES.passphrase) return [{ place: path.join(folder, `${stack}.passphrase`), content }];
    if (file.named === undefined) return [{ place: path.join(folder, path.basename(file.name)), content }];
    return [placedAsNamed(file, file.named, content, folder, stack)];
  });
}

function placedAsNamed(
  { name, key = "", base = "folder" }: BundledFile,
  named: string,
  content: Buffer,
  folder: string,
  stack: string,
): Placed {
  const isInside = !path.isAbsolute(named) && !path.normalize(named).split(path.sep).includes("..");
  if (isInside) return { place: placeOf({ named, base }, folder), content };
  const place = path.join(folder, `${stack}-files`, path.basename(name));
  return { place, content, note: `${key} names ${named}: name ${place} there, or lay it where it was` };
}

/**
 * Writes what is not there yet, for its owner alone.
 * @returns the files that this run has written, and what takes them away again
 * @throws UserError, exit code 2, before anything is written, where something else is there already
 */
export async function putBack(placed: readonly Placed[]): Promise<{ written: string[]; undo: () => Promise<void> }> {
  const found = await Promise.all(
    placed.map(async (one) => ({ ...one, there: await readFile(one.place).catch(absent(one.place)) })),
  );
  const other = found.filter(({ there, content }) => there !== undefined && !there.equals(content));
  if (other.length > 0)
    throw new UserError(
      [
        "Nothing was put back. There already, and not what the backup has:",
        ...other.map(({ place }) => `  ${place}`),
        "Move it away, or name another folder in --folder.",
      ],
      { exitCode: 2 },
    );
  const written: string[] = [];
  const undo = async () => {
    for (const place of written) await rm(place, { force: true });
  };
  try {
    for (const { place, content, there } of found) {
      if (there !== undefined) continue;
      await mkdir(path.dirname(place), { recursive: true });
      // A half of it, which a killed run would leave, would be taken for another file by the next.
      await writeWhole(place, content, false);
      written.push(place);
    }
  } catch (error) {
    await undo();
    const { code, path: at } = error as NodeJS.ErrnoException;
    throw new UserError(`${at ?? "A file"} cannot be written (${code ?? "unknown"}). Nothing was put back.`, {
      cause: error,
    });
  }
  return { written, undo };
}

const absent = (place: string) => (error: unknown) => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return undefined;
  throw new UserError(`${place} cannot be read (${code ?? "unknown"}). Nothing was put back.`, { exitCode: 2 });
};
