import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { UserError } from "../../components/program/errors.ts";
import { Repository } from "../../automation/rehearsal/base/git.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "base-git-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);

/** Without this machine's settings, and with none of a CI's variables. */
const env = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

async function git(where: string, ...words: string[]): Promise<string> {
  return (await execa("git", words, { cwd: at(where), env })).stdout;
}

async function commit(where: string, files: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(at(`${where}/${name}`)), { recursive: true });
    await writeFile(at(`${where}/${name}`), text);
  }
  await git(where, "add", "-A");
  await git(where, "commit", "-qm", "a change");
  return git(where, "rev-parse", "HEAD");
}

async function made(where: string): Promise<void> {
  await mkdir(at(where));
  await git(where, "init", "-q", "-b", "main");
}

async function repository(where: string): Promise<Repository> {
  const found = await Repository.of(at(where));
  if ("problem" in found) throw new Error(found.problem);
  return found;
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: unknown) => error,
  );

it("a folder of no repository is said to be one", async () => {
  const found = await Repository.of(folder);
  expect("problem" in found && found.problem).toContain("not a git repository");
});

it("where nothing was committed there is no base", async () => {
  await made("new");
  expect(await (await repository("new")).base(undefined, {})).toBeUndefined();
});

it("a branch is compared with where it left the default branch, not with what came there since", async () => {
  await made("own");
  const first = await commit("own", { a: "1" });
  await git("own", "switch", "-qc", "change");
  await commit("own", { a: "2" });
  await git("own", "switch", "-q", "main");
  const later = await commit("own", { b: "1" });
  await git("own", "switch", "-q", "change");
  const own = await repository("own");
  expect(await own.base(undefined, {})).toEqual({ name: "the merge base with main", commit: first });
  expect(await own.base("main", {})).toEqual({ name: "main", commit: later });

  await git(".", "clone", "-q", "own", "clone");
  const clone = await repository("clone");
  expect(await clone.base(undefined, { GITHUB_BASE_REF: "main" })).toEqual({
    name: "the merge base with origin/main",
    commit: first,
  });
  // A branch that only the remote has.
  expect(await clone.base("main", {})).toEqual({ name: "main", commit: later });
});

it("where no branch is the default one, the last commit is the base, and what is not committed is the head's", async () => {
  await made("own");
  await git("own", "checkout", "-q", "--orphan", "trunk");
  const first = await commit("own", { a: "1" });
  const own = await repository("own");
  expect(await own.base(undefined, {})).toEqual({ name: "HEAD", commit: first });
  expect(await own.head()).toEqual({ commit: first, changed: false });
  await writeFile(at("own/new"), "");
  expect(await own.head()).toEqual({ commit: first, changed: true });
});

it("a shallow clone that lacks the revision is refused with the cure, and one that has it is not", async () => {
  await made("own");
  const first = await commit("own", { a: "1" });
  await git("own", "switch", "-qc", "change");
  const last = await commit("own", { a: "2" });
  await git(".", "clone", "-q", "--depth", "1", "--branch", "change", `file://${at("own")}`, "clone");
  await git("clone", "update-ref", "-d", "refs/remotes/origin/HEAD");
  await git("clone", "checkout", "-q", "--detach");
  await git("clone", "branch", "-qD", "change");
  const clone = await repository("clone");
  for (const base of [first, "main"]) {
    expect(await refusal(clone.base(base, {}))).toMatchObject({
      exitCode: 2,
      message: `--base ${base}: there is no such commit in this clone, which is a shallow one. Fetch it: git fetch origin ${base} (in a workflow, actions/checkout with fetch-depth: 0).`,
    });
  }
  const unknown = (await refusal(clone.base(undefined, { GITHUB_BASE_REF: "main" }))) as UserError;
  expect(unknown.exitCode).toBe(2);
  expect(unknown.message).toMatch(/shallow one .*fetch-depth: 0\), or name the commit to compare with: --base REV/);
  expect(await clone.base("HEAD", {})).toEqual({ name: "HEAD", commit: last });
});

it("a revision that looks like an option is none", async () => {
  await made("own");
  await commit("own", { a: "1" });
  const own = await repository("own");
  expect(await refusal(own.base("--help", {}))).toMatchObject({ exitCode: 2 });
});

it("writes a commit's files, whatever an archive would leave out, and touches nothing of the repository", async () => {
  await made("own");
  await commit("own", { "sub/a": "1", "sub/.gitattributes": "a export-ignore\n", "sub/run": "#!/bin/sh\n", b: "1" });
  await chmod(at("own/sub/run"), 0o755);
  const base = await commit("own", {});
  await commit("own", { "sub/a": "2" });
  await writeFile(at("own/sub/a"), "not committed");
  await git("own", "add", "-A");
  const before = await Promise.all(["index", "HEAD"].map((name) => readFile(at(`own/.git/${name}`))));
  const times = (await stat(at("own/.git/index"))).mtimeMs;

  const own = await repository("own/sub");
  const revision = await own.base(base, {});
  if (!revision) throw new Error("no base");
  await mkdir(at("target"));
  await own.write(revision, at("target/checkout"), at("target/index"));
  await own.head();

  expect(await readFile(at("target/checkout/a"), "utf8")).toBe("1");
  expect((await stat(at("target/checkout/run"))).mode & 0o111).not.toBe(0);
  const files = await own.files(revision);
  expect(files.map((file) => file.path)).toEqual([".gitattributes", "a", "run"]);
  expect(await Promise.all(files.map((file) => own.read(file)))).toEqual(["a export-ignore", "1", "#!/bin/sh"]);
  expect(await Promise.all(["index", "HEAD"].map((name) => readFile(at(`own/.git/${name}`))))).toEqual(before);
  expect((await stat(at("own/.git/index"))).mtimeMs).toBe(times);
  expect((await git("own", "worktree", "list")).split("\n")).toHaveLength(1);
});

it("a hook's variables do not lead to another repository", async () => {
  await made("own");
  const first = await commit("own", { a: "1" });
  await made("other");
  process.env["GIT_DIR"] = at("other/.git");
  try {
    expect(await (await repository("own")).base("HEAD", {})).toEqual({ name: "HEAD", commit: first });
  } finally {
    delete process.env["GIT_DIR"];
  }
});
