import { execa } from "execa";
import type { Checkout } from "./checkout.ts";

/** What a host's checkout brings: this commit and as many before it as `depth` says, or, with 0, all of every branch. */
export async function clone(from: Checkout, folder: string, commit: string, depth: number): Promise<void> {
  await from.git("config", "uploadpack.allowAnySHA1InWant", "true");
  const git = (...args: string[]) => execa("git", ["-c", "advice.detachedHead=false", ...args], { cwd: folder });
  await git("init", "-q");
  await git("remote", "add", "origin", `file://${from.folder}`);
  // Without a depth git takes what is there by links.
  const some = depth === 0 ? ["+refs/heads/*:refs/remotes/origin/*"] : [];
  await git("fetch", "-q", "--no-tags", ...(depth === 0 ? [] : [`--depth=${depth}`]), "origin", commit, ...some);
  await git("checkout", "-q", "--detach", commit);
}
