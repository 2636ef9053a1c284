import { randomUUID } from "node:crypto";
import path from "node:path";
import { cacheFolder } from "../../../cache.ts";
import { createOwned, isLeft, ownedIn, removeOwned } from "../../../runs/owned-folder.ts";

/** Does work with a folder of its own, which is gone afterwards. What a killed run left is removed before. */
export async function inWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const parent = path.join(cacheFolder(), "manifests");
  for (const left of await ownedIn(parent)) if (await isLeft(left)) await removeOwned(left);
  const folder = path.join(parent, randomUUID());
  await createOwned(folder, false, {});
  try {
    return await work(folder);
  } finally {
    await removeOwned(folder);
  }
}
