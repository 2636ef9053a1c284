import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../../components/program/errors.ts";
import { cacheFolder } from "../../cache.ts";
import type { Progress } from "../../progress.ts";
import { markOf } from "../../runs/belonging.ts";
import { createOwned, isLeft, ownedIn, removeOwn, removeOwned } from "../../runs/owned-folder.ts";
import type { Repository, Revision } from "./git.ts";

/** What is compiled of a checkout is kept by its place: each place is taken again. */
const PLACES = 16;
const LINES_OF_NPM = 3;

export interface CheckoutOptions {
  progress: Progress;
  signal: AbortSignal;
}

/** The folder of all checkouts that are at work. */
const checkoutsFolder = () => path.join(cacheFolder(), "bases");

/**
 * Has a commit's files with their own packages in a folder of this process, which is gone afterwards.
 * @param work is told the folder
 * @throws UserError where its packages cannot be installed
 */
export async function inCheckout<T>(
  repository: Repository,
  revision: Revision,
  { progress, signal }: CheckoutOptions,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const owned = await claim();
  const folder = path.join(owned, "checkout");
  try {
    await repository.write(revision, folder, path.join(owned, "index"));
    await progress.task("Installing the base's packages", () => install(folder, markOf(owned), signal));
    return await work(folder);
  } finally {
    await removeOwned(owned);
  }
}

/** Removes the checkouts of runs that were killed. */
export async function clearCheckouts(): Promise<void> {
  for (const folder of await ownedIn(checkoutsFolder())) if (await isLeft(folder)) await removeOwned(folder);
}

/** Removes those of this process. */
export const removeOwnCheckouts = (): Promise<void> => removeOwn(checkoutsFolder());

async function claim(): Promise<string> {
  for (let place = 0; place < PLACES; place++) {
    const folder = path.join(checkoutsFolder(), String(place));
    if (await createOwned(folder, false, {})) return folder;
  }
  throw new UserError(`${PLACES} other runs are at work on a base: wait for one of them.`);
}

async function install(folder: string, mark: Record<string, string>, signal: AbortSignal): Promise<void> {
  const result = await execa("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], {
    cwd: folder,
    env: { ...withoutOuterNpm(), ...mark },
    stdin: "ignore",
    all: true,
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.failed) throw new UserError(`npm ci failed: ${whyOf(result.all) || result.originalMessage}`);
}

/** What npm says of it, without the code before and the place of the log after. */
function whyOf(said = ""): string {
  const lines = [...said.matchAll(/^npm (?:error|ERR!) (.+)$/gm)].map(([, line = ""]) => line);
  return lines
    .filter((line) => !/^(code |A complete log)/.test(line))
    .slice(0, LINES_OF_NPM)
    .join(" ");
}

/** `npm run` tells what it runs where its own package lies. */
function withoutOuterNpm(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) =>
    /^npm_(package|lifecycle|config_(local_)?prefix)/i.test(name),
  );
  return Object.fromEntries([...names, "INIT_CWD"].map((name) => [name, undefined]));
}
