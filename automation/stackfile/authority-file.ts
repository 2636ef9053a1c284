import { readFile } from "node:fs/promises";
import path from "node:path";
import { isMap } from "../../components/program/maps.ts";
import { certificatesIn, certificatesProblem } from "../../components/schema/certificates.ts";
import type { Problem } from "../../components/schema/problems.ts";
import type { StateResource } from "../../components/program/state.ts";
import { authorityFileIn } from "../../components/storage/made.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";

const KEY = "vision-platform:objectStore.ca";

/** What the file of `objectStore.ca` holds, and what is wrong with it. */
export interface Authority {
  /** Certificates in PEM, without what else stands in the file: pods get this text. Undefined where the section names no file. */
  certificates?: string;
  problems: Problem[];
}

/**
 * The certificates of the store's private authority.
 * @param section `objectStore` as it stands in the stack file
 * @param folder that of Pulumi.yaml, in which the engine starts its plugins: they read the same file by the same relative path
 */
export async function readAuthority(section: unknown, folder: string): Promise<Authority> {
  const file = isMap(section) ? objectStoreConfig.shape.ca.safeParse(section["ca"]).data : undefined;
  if (file === undefined) return { problems: [] };
  const refused = (message: string): Authority => ({ problems: [{ path: KEY, message }] });
  const text = await readFile(path.resolve(folder, file), "utf8").catch((error: unknown) => error as Error);
  if (text instanceof Error) {
    const code = "code" in text ? String(text.code) : text.name;
    return refused(`${file} cannot be read (${code}). It is relative to the folder of Pulumi.yaml, ${folder}.`);
  }
  const problem = certificatesProblem(text);
  return problem === undefined ? { certificates: certificatesIn(text), problems: [] } : refused(`${file} ${problem}.`);
}

/** The certificates by which the engine trusts the store that its state names; undefined where it names no file, or one that is gone. */
export async function authorityOfState(state: readonly StateResource[], folder: string): Promise<string | undefined> {
  return (await readAuthority({ ca: authorityFileIn(state) }, folder)).certificates;
}
