import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const BESIDE = /^\.(\d+)\.new$/;

/**
 * Writes a file whole or not at all, wherever this process is killed: it is written beside first, since one that is there
 * already may be open to others. What a killed process left beside it is taken away.
 * @param over whether one that is there is written over
 * @param mode its rights. Default: for its owner alone
 * @throws Error with `code` EEXIST where it is there and is not to be written over, else that of the system
 */
export async function writeWhole(file: string, content: string | Buffer, over: boolean, mode = 0o600): Promise<void> {
  await removeLeft(file);
  const beside = `${file}.${process.pid}.new`;
  try {
    await writeFile(beside, content, { mode, flag: "wx" });
    await (over ? rename(beside, file) : link(beside, file));
  } finally {
    await rm(beside, { force: true });
  }
}

/** Of processes that are no more, and what this one's number was before. */
async function removeLeft(file: string): Promise<void> {
  const { dir, base } = path.parse(path.resolve(file));
  const names = await readdir(dir).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(base))) {
    const pid = Number(BESIDE.exec(name.slice(base.length))?.[1]);
    if (pid === process.pid || (pid > 0 && !isAlive(pid))) await rm(path.join(dir, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's is alive, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
