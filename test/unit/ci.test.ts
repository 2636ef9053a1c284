import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitsForReviewers } from "../../automation/ci/approval.ts";
import { artifactOf } from "../../automation/ci/artifact.ts";
import { jobSummary, stepOutput } from "../../automation/ci/outputs.ts";
import { isPreviewRun } from "../../automation/ci/preview-run.ts";
import { repositoryOf, type Repository } from "../../automation/ci/repository.ts";
import { reviewedPlan, stoppedPlan } from "../../automation/ci/reviewed-plan.ts";
import { REPOSITORY, startHost, TOKEN, type PullThere, type RunThere, type StandInHost } from "../workflows/host.ts";
import { HASTE } from "./charts-fixtures.ts";

const HEAD = "a".repeat(40);
const OLDER = "b".repeat(40);
const MERGED = "c".repeat(40);
const FORK = "stranger/platform";

let host: StandInHost;
let repository: Repository;

beforeEach(async () => {
  host = await startHost();
  repository = repositoryOf(environment(), HASTE);
});
afterEach(() => host.close());

const environment = () => ({ GITHUB_API_URL: host.api, GITHUB_REPOSITORY: REPOSITORY, GITHUB_TOKEN: TOKEN });

const run = (more: Partial<RunThere> = {}): RunThere => ({
  id: 71,
  path: ".github/workflows/preview.yml",
  event: "pull_request",
  head_branch: "grow",
  head_sha: HEAD,
  from: REPOSITORY,
  run_number: 12,
  ...more,
});
const pull = (more: Partial<PullThere> = {}): PullThere => ({
  number: 5,
  state: "open",
  merged_at: null,
  merge_commit_sha: null,
  sha: HEAD,
  branch: "grow",
  from: REPOSITORY,
  ...more,
});
const merged = (more: Partial<PullThere> = {}) =>
  pull({ state: "closed", merged_at: "2026-11-30T10:00:00Z", merge_commit_sha: MERGED, ...more });

describe("a run of the preview", () => {
  it.each<[string, Partial<RunThere>, boolean]>([
    ["is one of its file", {}, true],
    ["is one of its file, named with the ref", { path: ".github/workflows/preview.yml@refs/pull/5/merge" }, true],
    ["of a fork is one too", { from: FORK }, true],
    ["is none of another file, whatever that calls itself", { path: ".github/workflows/evil.yml" }, false],
    ["is none that a push started", { event: "push" }, false],
  ])("%s", async (_, more, isOne) => {
    host.runs.push(run(more));
    expect(await isPreviewRun(repository, 71)).toBe(isOne);
  });

  it("must be there", async () => {
    await expect(isPreviewRun(repository, 99)).rejects.toThrow(`There is no run 99 in ${REPOSITORY}.`);
  });
});

describe("what a run has left", () => {
  it("is the newest file of that very name, fetched without the token where it lies", async () => {
    host.leave(71, "report.json", "old");
    host.leave(71, "report.json", "new");
    host.leave(71, "other.json", "other");
    host.leave(72, "report.json", "another run's");
    expect((await artifactOf(repository, 71, "report.json", 100))?.toString()).toBe("new");
    expect(await artifactOf(repository, 71, "absent.json", 100)).toBeUndefined();
  });

  it("is nothing once its time is over", async () => {
    host.leave(71, "report.json", "old", { expired: true });
    expect(await artifactOf(repository, 71, "report.json", 100)).toBeUndefined();
  });

  it.each([
    ["is too large by the host's own word", "x", 50_000_000, /has 50000000 bytes; at most 100 are taken/],
    ["is larger than the host said", "x".repeat(101), 10, /sends more than 100 bytes/],
    [
      "is an archive",
      "PK\u0003\u0004 ../../../../etc/passwd",
      undefined,
      /is an archive, where the file itself is expected/,
    ],
  ])("is refused where it %s", async (_, content, says, problem) => {
    host.leave(71, "report.json", content, says === undefined ? {} : { says });
    await expect(artifactOf(repository, 71, "report.json", 100)).rejects.toThrow(problem);
  });
});

describe("the plan that was reviewed", () => {
  const PLAN = "plan-lab.json";

  it("is that of the last lab preview of the commit which was merged", async () => {
    host.pulls.push(pull({ number: 4, sha: OLDER }), merged());
    host.runs.push(
      run(),
      run({ id: 73, run_number: 14 }),
      run({ id: 72, run_number: 13 }),
      run({ id: 74, head_sha: OLDER, run_number: 20 }),
    );
    host.leave(71, PLAN, "first");
    host.leave(72, PLAN, "last");
    host.leave(74, PLAN, "another commit's");
    // Run 73 is newer and previewed no lab.
    host.leave(73, "rehearsal-lab.json", "{}");
    const { pull: number, plan, why } = await reviewedPlan(repository, MERGED, PLAN);
    expect({ number, plan: plan?.toString(), why }).toEqual({ number: 5, plan: "last", why: undefined });
  });

  it.each<[string, PullThere[], RunThere[], RegExp]>([
    ["a commit that was pushed", [pull()], [run()], /No pull request was merged as c+\.$/],
    [
      "a pull request whose merge only stands in it",
      [merged({ merged_at: null })],
      [run()],
      /No pull request was merged/,
    ],
    ["a fork's pull request", [merged({ from: FORK })], [run({ from: FORK })], /#5 came from a fork: .* never applied/],
    ["a run of the same commit in a fork", [merged()], [run({ from: FORK })], /has left a plan/],
    ["another workflow's run", [merged()], [run({ path: ".github/workflows/other/preview.yml" })], /has left a plan/],
    ["a run that something else started", [merged()], [run({ event: "workflow_dispatch" })], /has left a plan/],
    ["no run", [merged()], [], /No lab preview of a+, which #5 merged, has left a plan/],
  ])("is none for %s", async (_, pulls, runs, why) => {
    host.pulls.push(...pulls);
    host.runs.push(...runs);
    for (const { id } of runs) host.leave(id, PLAN, "a plan");
    const found = await reviewedPlan(repository, MERGED, PLAN);
    expect(found.plan).toBeUndefined();
    expect(found.why).toMatch(why);
  });

  it("by which a deployment has stopped is that of this commit's own run, and no preview's", async () => {
    const deployment = run({ id: 81, path: ".github/workflows/deploy.yml", event: "push", head_sha: MERGED });
    host.runs.push(deployment, run({ id: 82, head_sha: MERGED }));
    host.leave(82, PLAN, "a preview's");
    expect((await stoppedPlan(repository, MERGED, PLAN)).why).toMatch(/No deployment of c+ has stopped/);
    host.leave(81, PLAN, "what is new");
    expect((await stoppedPlan(repository, MERGED, PLAN)).plan?.toString()).toBe("what is new");
  });
});

describe("an environment", () => {
  it("waits for its reviewers", async () => {
    host.environments["lab"] = 2;
    await expect(waitsForReviewers(repository, "lab")).resolves.toBeUndefined();
  });

  it("in which nobody is asked is refused, with the cure", async () => {
    host.environments["open"] = 0;
    await expect(waitsForReviewers(repository, "open")).rejects.toThrow(
      /open of .* has no required reviewers, so nobody/,
    );
    await expect(waitsForReviewers(repository, "absent")).rejects.toThrow(/is not there.*Required reviewers/);
  });
});

describe("the host", () => {
  it("must have said all that is needed", () => {
    expect(() => repositoryOf({})).toThrow(/^GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN: not set\./);
    expect(() => repositoryOf({ ...environment(), GITHUB_API_URL: "http://api.example.com" })).toThrow(
      /must be an https/,
    );
    expect(() => repositoryOf({ ...environment(), GITHUB_REPOSITORY: "a/b/../c" })).toThrow(/must be OWNER\/NAME/);
  });

  it("that refuses the token is told with what to do, and without the token", async () => {
    const canary = "token-canary-91";
    const refused = isPreviewRun(repositoryOf({ ...environment(), GITHUB_TOKEN: canary }, HASTE), 71);
    await expect(refused).rejects.toThrow(/answers 401 for actions\/runs\/71: the token is not known/);
    await expect(refused).rejects.not.toThrow(canary);
  });

  it("that answers something else is no host", async () => {
    host.runs.push({ ...run(), head_sha: "../../etc" });
    await expect(isPreviewRun(repository, 71)).rejects.toThrow(/answers something else than actions\/runs\/71/);
  });
});

describe("outputs of a step", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "vision-platform-ci-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("stand in the host's file, and nowhere where there is none", async () => {
    const file = path.join(folder, "output");
    await writeFile(file, "before=1\n");
    await stepOutput({ pull: "5", found: "" }, { GITHUB_OUTPUT: file });
    await stepOutput({ pull: "5" }, {});
    await jobSummary("text", {});
    expect(await readFile(file, "utf8")).toBe("before=1\npull=5\nfound=\n");
  });

  it("cannot set another than their own", async () => {
    const env = { GITHUB_OUTPUT: path.join(folder, "output") };
    await expect(stepOutput({ pull: "5\nfound=true" }, env)).rejects.toThrow("pull: a value of several lines");
  });
});
