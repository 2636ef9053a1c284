import { mkdir } from "node:fs/promises";
import { execa } from "execa";
import { UserError } from "../../../components/program/errors.ts";

/** A version of the program and its stack files, as git has it. */
export interface Revision {
  /** As a person calls it: `main`, `the merge base with origin/main`. */
  name: string;
  commit: string;
}

/** What is previewed: the files as they lie there. */
export interface Head {
  /** What it was checked out from. */
  commit: string;
  /** Files differ from that commit, or are new. */
  changed: boolean;
}

/** One file of a tree. */
export interface TreeEntry {
  path: string;
  mode: string;
  /** Of its content. */
  blob: string;
}

/** Of a person's hook, or of a command that this one runs under: they would mean another repository, or another index. */
const OTHERS = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];
const BRANCHES = ["origin/main", "origin/master", "main", "master"];
/** Where a CI says into which branch a pull request goes: GitHub, Gitea and Forgejo; GitLab. */
const TARGETS = ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"];

/** Reads a folder's git repository and writes nothing in it: no index, no reference, no lock. */
export class Repository {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @returns why there is none */
  static async of(folder: string): Promise<Repository | { problem: string }> {
    const repository = new Repository(folder);
    try {
      const { failed, stderr } = await repository.run(["rev-parse", "--show-toplevel"]);
      return failed ? { problem: firstLine(stderr) } : repository;
    } catch (error) {
      return { problem: (error as NodeJS.ErrnoException).code === "ENOENT" ? "git is not on PATH" : String(error) };
    }
  }

  /**
   * The revision that a preview compares with.
   * @param name a person's choice. Default: the merge base with the branch that a pull request goes into, as the CI says, else with the default
   * branch; else the commit that was checked out.
   * @returns undefined where nothing was committed yet
   * @throws UserError of bad usage for one that this clone does not have, with the cure
   */
  async base(name?: string, env: NodeJS.ProcessEnv = process.env): Promise<Revision | undefined> {
    const isShallow = (await this.text(["rev-parse", "--is-shallow-repository"])) === "true";
    if (name !== undefined) {
      const commit = (await this.commitOf(name)) ?? (await this.commitOf(`origin/${name}`));
      if (commit === undefined) throw unknownRevision(name, isShallow);
      return { name, commit };
    }
    const head = await this.commitOf("HEAD");
    if (head === undefined) return undefined;
    const branches = await this.branches(env);
    for (const branch of branches) {
      const commit = await this.text(["merge-base", "HEAD", branch]);
      if (commit) return { name: `the merge base with ${branch}`, commit };
    }
    if (isShallow) throw unknownBase(branches[0]);
    return { name: "HEAD", commit: head };
  }

  async head(): Promise<Head | undefined> {
    const commit = await this.commitOf("HEAD");
    const changes = await this.text(["status", "--porcelain", "--untracked-files=normal", "--", "."]);
    return commit === undefined ? undefined : { commit, changed: changes !== "" };
  }

  /** The files of a commit below the repository's folder, by paths from there on. */
  async files({ commit }: Revision): Promise<TreeEntry[]> {
    const text = (await this.text(["ls-tree", "-r", "-z", commit])) ?? "";
    return text.split("\0").flatMap((line) => {
      const [, mode = "", blob = "", path = ""] = /^(\d+) \w+ (\w+)\t([^]*)$/.exec(line) ?? [];
      return path === "" ? [] : [{ path, mode, blob }];
    });
  }

  /** A file's content. */
  async read({ blob }: TreeEntry): Promise<string> {
    return (await this.text(["cat-file", "blob", blob])) ?? "";
  }

  /**
   * Writes a commit's files into a folder, as a checkout does.
   * @param index where git keeps what it knows of the folder: the person's own index stays as it is
   */
  async write({ commit }: Revision, folder: string, index: string): Promise<void> {
    const tree = (await this.text(["rev-parse", "--verify", "--quiet", `${commit}:./`])) ?? "";
    const own = (await this.text(["rev-parse", "--absolute-git-dir"])) ?? "";
    await mkdir(folder, { recursive: true });
    const env = { GIT_DIR: own, GIT_WORK_TREE: folder, GIT_INDEX_FILE: index };
    for (const words of [
      ["-c", "core.sparseCheckout=false", "read-tree", tree],
      ["checkout-index", "--all", "--force"],
    ]) {
      const { failed, stderr } = await this.run(words, { cwd: folder, env });
      if (failed) throw new UserError(`git could not check it out: ${firstLine(stderr)}`);
    }
  }

  private async branches(env: NodeJS.ProcessEnv): Promise<string[]> {
    const target = TARGETS.map((name) => env[name]).find(Boolean);
    const default_ = await this.text(["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
    const wanted = target ? [`origin/${target}`] : [default_, ...BRANCHES].filter(Boolean);
    const there = await Promise.all(wanted.map(async (branch) => [branch, await this.commitOf(branch ?? "")] as const));
    return there.flatMap(([branch, commit]) => (branch && commit !== undefined ? [branch] : []));
  }

  /** The commit of a name, with its files: a clone may know of one that it does not have. */
  private commitOf(name: string): Promise<string | undefined> {
    return this.text(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  }

  /** Undefined where git says no. */
  private async text(words: readonly string[]): Promise<string | undefined> {
    const { failed, stdout } = await this.run(words);
    return failed ? undefined : stdout;
  }

  private async run(
    words: readonly string[],
    { cwd = this.folder, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
  ) {
    const others = Object.fromEntries(OTHERS.map((name) => [name, undefined]));
    const result = await execa("git", words, {
      cwd,
      env: { ...others, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C", ...env },
      stdin: "ignore",
      reject: false,
    });
    if (result.exitCode === undefined) throw result as Error;
    return result;
  }
}

const firstLine = (text: string) => text.split("\n")[0] ?? "";
const CURE = "in a workflow, actions/checkout with fetch-depth: 0";

function unknownRevision(name: string, isShallow: boolean): UserError {
  const clone = isShallow ? "this clone, which is a shallow one" : "this clone";
  return new UserError(
    `--base ${name}: there is no such commit in ${clone}. Fetch it: git fetch origin ${name} (${CURE}).`,
    {
      exitCode: 2,
    },
  );
}

function unknownBase(branch = "the branch that it goes into"): UserError {
  return new UserError(
    `This clone is a shallow one and does not say what the change begins from. Fetch its history (git fetch --unshallow; ${CURE}), or name the commit to compare with: --base REV, for ${branch}.`,
    { exitCode: 2 },
  );
}
