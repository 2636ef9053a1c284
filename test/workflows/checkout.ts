import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { pathWithPackages } from "./packages.ts";
import { ROOT } from "./workflow.ts";

/** A repository of its own with this checkout's files as they are now, committed or not, and nothing that git ignores. */
export interface Checkout {
  folder: string;
  git: (...args: string[]) => Promise<string>;
  /** Commits all there is. Returns the commit. */
  commit: (message: string) => Promise<string>;
  /** A PATH on which `npm ci` takes the packages of this checkout; all else of npm is npm's. */
  pathWithPackages: () => Promise<string>;
  remove: () => Promise<void>;
}

export async function freshCheckout(): Promise<Checkout> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-checkout-"));
  const listed = await execa("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  for (const file of listed.stdout.split("\0").filter(Boolean)) {
    const to = path.join(folder, file);
    await mkdir(path.dirname(to), { recursive: true });
    // One that was deleted and not committed yet.
    await copyFile(path.join(ROOT, file), to).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
  }
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
  const git = async (...args: string[]) => (await execa("git", [...who, ...args], { cwd: folder })).stdout;
  await git("init", "-q", "-b", "main");
  const checkout: Checkout = {
    folder,
    git,
    async commit(message) {
      await git("add", "-A");
      await git("commit", "-q", "--allow-empty", "-m", message);
      return git("rev-parse", "HEAD");
    },
    pathWithPackages: () => pathWithPackages(path.join(folder, ".git", "bin")),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await checkout.commit("base");
  return checkout;
}
