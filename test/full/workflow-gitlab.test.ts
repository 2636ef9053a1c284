import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder } from "../../automation/cache.ts";
import { IID, JOB_TOKEN, PROJECT, startGitlab, type Gitlab } from "../forges/gitlab-stand-in.ts";
import { freshCheckout, type Checkout } from "../workflows/checkout.ts";
import { engineStandIn, type EngineStandIn } from "../workflows/engine-stand-in.ts";
import { runPipeline, type Pipeline } from "../workflows/gitlab-runner.ts";
import { readGitlab } from "../workflows/gitlab.ts";
import { reportOf } from "../workflows/report.ts";
import { savedPlan } from "../workflows/saved-plan.ts";
import { ROOT } from "../workflows/workflow.ts";

/** GitLab's pipeline, each job in a clone of its own and with the variables that GitLab predefines. The verbs of the lab are stand-ins. */

const TIMEOUT_MS = 240_000;
const FILE = readGitlab("docs/ci/gitlab/.gitlab-ci.yml");
const TOKEN = "token-canary-c06";
const PASSPHRASE = "passphrase-canary-2b9";
/** The project of a fork. */
const FORK = "77";

let checkout: Checkout;
let engine: EngineStandIn;
let gitlab: Gitlab;
let machine: Record<string, string>;
let digest: string;
let commits: { base: string; head: string; merged: string; squashed: string };
let pipelines: Pipeline[] = [];
/** Lines of each job's script that some pipeline has begun. */
const begun: Record<string, Set<string>> = {};

beforeAll(async () => {
  checkout = await freshCheckout();
  engine = await engineStandIn(checkout);
  const home = await mkdtemp(path.join(tmpdir(), "vision-platform-home-"));
  const bin = path.join(home, "bin");
  await mkdir(bin);
  const curl = `#!/bin/sh\nexec node '${path.join(ROOT, "test/workflows/curl.mjs")}' "$@"\n`;
  await writeFile(path.join(bin, "curl"), curl, { mode: 0o755 });
  machine = { HOME: home, PATH: `${bin}:${engine.path}`, NO_COLOR: "1" };
  digest = await savedPlan(engine.files.plan, "lab", PASSPHRASE);
  await writeFile(engine.files.markdown, `## Preview of lab\n\n**Routine: 1 object changes, no rollouts.**\n`);
  await writeFile(engine.files.json, reportOf({ stack: "lab" }));
  const base = await checkout.git("rev-parse", "HEAD");
  await checkout.git("switch", "-qc", "more");
  await checkout.commit("one");
  const head = await checkout.commit("two");
  await checkout.git("switch", "-q", "main");
  const squashed = await checkout.commit("somebody else's");
  await checkout.git("merge", "-q", "--no-ff", "-m", "merge", "more");
  commits = { base, head, squashed, merged: await checkout.git("rev-parse", "HEAD") };
}, TIMEOUT_MS);
afterAll(async () => {
  await checkout.remove();
  await rm(machine["HOME"] ?? "", { recursive: true, force: true });
});
beforeEach(async () => {
  gitlab = await startGitlab({ [TOKEN]: { username: "project_42_bot" } });
  await engine.ends({});
  await engine.calls();
});
afterEach(async () => {
  for (const { jobs, end } of pipelines) {
    for (const [name, { lines, log }] of Object.entries(jobs)) {
      for (const line of lines) (begun[name] ??= new Set()).add(line);
      for (const secret of [TOKEN, JOB_TOKEN, PASSPHRASE]) expect(log.includes(secret)).toBe(false);
    }
    await end();
  }
  pipelines = [];
  await gitlab.end();
});

type Values = Record<string, string>;

async function pipeline(commit: string, of: Values, project: Values = {}, iid = 40): Promise<Pipeline> {
  const made = await runPipeline(FILE, {
    checkout,
    commit,
    predefined: {
      CI_API_V4_URL: gitlab.api,
      CI_SERVER_URL: gitlab.url,
      CI_PROJECT_ID: PROJECT,
      CI_PROJECT_URL: `${gitlab.url}/lab/platform`,
      CI_DEFAULT_BRANCH: "main",
      CI_COMMIT_SHA: commit,
      CI_PIPELINE_ID: "900",
      CI_PIPELINE_IID: String(iid),
      CI_PIPELINE_URL: `${gitlab.url}/lab/platform/-/pipelines/900`,
      CI_JOB_TOKEN: JOB_TOKEN,
      ...of,
    },
    // The cache is the machine's, as a person may set it: this test is not about what is compiled.
    project: {
      STACK: "lab",
      LAB_RUNNER: "true",
      GITLAB_TOKEN: TOKEN,
      VISION_PLATFORM_CACHE: cacheFolder(),
      ...project,
    },
    scoped: { lab: { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE } },
    builds: path.join(machine["HOME"] ?? "", "builds"),
    machine,
  });
  pipelines.push(made);
  return made;
}

/** A pipeline of a merge request; CI_COMMIT_BRANCH is not set in it, nor CI_MERGE_REQUEST_SOURCE_BRANCH_SHA but for merged results. (gitlab#330964) */
const ofMergeRequest = {
  CI_PIPELINE_SOURCE: "merge_request_event",
  CI_MERGE_REQUEST_IID: String(IID),
  CI_MERGE_REQUEST_PROJECT_ID: PROJECT,
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: PROJECT,
};
const mergeRequest = (more: Values = {}, project: Values = {}) =>
  pipeline(commits.head, { ...ofMergeRequest, CI_MERGE_REQUEST_DIFF_BASE_SHA: commits.base, ...more }, project);
const merge = (commit = commits.merged, project: Values = {}) =>
  pipeline(commit, { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "main" }, project);
const schedule = (name: string, iid: number) =>
  pipeline(commits.merged, { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main" }, { SCHEDULE: name }, iid);

const statuses = ({ jobs }: Pipeline) =>
  Object.fromEntries(Object.entries(jobs).map(([name, { status }]) => [name, status]));
const logOf = ({ jobs }: Pipeline) =>
  Object.entries(jobs)
    .map(([name, { log }]) => `== ${name}\n${log}`)
    .join("\n");
const verbs = async () => (await engine.calls()).map((call) => call.split(" ")[0]);
const plan = () => `plans/${commits.head}/plan-lab.json`;
const open = () => gitlab.issues.filter(({ state }) => state === "opened").map(({ title }) => title);

describe("a merge request", { timeout: TIMEOUT_MS }, () => {
  it("is rehearsed and previewed on the lab: two notes, two statuses, and the plan in the registry", async () => {
    const made = await mergeRequest();
    expect(statuses(made), logOf(made)).toEqual({ "rehearsed-preview": "success", "lab-preview": "success" });
    expect(await engine.calls()).toEqual([
      `charts try --base ${commits.base} --stack lab`,
      `preview --rehearse --base ${commits.base} --stack lab --report rehearsal.json`,
      "charts pull",
      "preview --stack lab --report lab.json --save-plan plan.json",
    ]);
    expect(gitlab.notes.map(({ body }) => body.split("\n")[0])).toEqual([
      `<!-- vision-platform:report stack=lab label=rehearsal run=40 sha=${commits.head} -->`,
      `<!-- vision-platform:report stack=lab run=40 sha=${commits.head} -->`,
    ]);
    expect(gitlab.statuses).toHaveLength(2);
    expect([...gitlab.packages.keys()]).toEqual([plan()]);
  });

  it("whose previews fail says so too, and leaves no plan", async () => {
    await engine.ends({ preview: 1 });
    const made = await mergeRequest();
    expect(statuses(made)).toEqual({ "rehearsed-preview": "failed", "lab-preview": "failed" });
    expect(gitlab.notes).toHaveLength(2);
    expect([...gitlab.packages.keys()]).toEqual([]);
  });

  it("of a fork, in the fork's project, is rehearsed and says so in the job alone", async () => {
    const ofFork = { CI_PROJECT_ID: FORK, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: FORK };
    const made = await mergeRequest(ofFork, { LAB_RUNNER: "", GITLAB_TOKEN: "" });
    expect(statuses(made), logOf(made)).toEqual({ "rehearsed-preview": "success" });
    expect(gitlab.asked).toEqual([]);
  });

  it("of a fork, in this project, has no part of the lab, and its note says whose word it is", async () => {
    const made = await mergeRequest({ CI_MERGE_REQUEST_SOURCE_PROJECT_ID: FORK });
    expect(Object.keys(made.jobs)).toEqual(["rehearsed-preview"]);
    expect(gitlab.notes.map(({ body }) => body.includes("made by the run of a fork"))).toEqual([true]);
    expect(gitlab.statuses).toEqual([]);
  });
});

describe("a merge", { timeout: TIMEOUT_MS }, () => {
  it("that changes nothing ends after the preview, which follows what clears the lab", async () => {
    const made = await merge();
    expect(statuses(made), logOf(made)).toEqual({ reviewed: "success", approved: "manual" });
    expect(await verbs()).toEqual(["charts", "recover", "preview"]);
    expect(gitlab.asked).toEqual([]);
  });

  it("of what was reviewed is applied by that very plan", async () => {
    gitlab.packages.set(plan(), Buffer.from("what was reviewed"));
    await engine.ends({ preview: 3 });
    const made = await merge();
    expect(statuses(made), logOf(made)).toEqual({ reviewed: "success", approved: "manual" });
    expect((await engine.calls()).at(-1)).toBe("up --stack lab --plan reviewed.json");
    expect(await engine.applied()).toBe("what was reviewed");
    expect(open()).toEqual([]);
  });

  it("of something else is posted, and applied by its own plan once a person starts that", async () => {
    gitlab.packages.set(plan(), Buffer.from("what was reviewed"));
    await engine.ends({ preview: 3, up: 3 });
    const made = await merge();
    expect(statuses(made), logOf(made)).toEqual({ reviewed: "warning", approved: "manual" });
    expect(open()).toEqual(["Deployment of lab waits"]);
    await engine.ends({});
    const approved = await made.play("approved");
    expect(approved.status, approved.log).toBe("success");
    expect((await engine.calls()).at(-1)).toBe(`up --stack lab --plan plan.json --digest ${digest}`);
  });

  it.each(["squashed", "merged"] as const)(
    "that was %s, of what nobody previewed, waits for a person without an up, also where no issue can be written",
    async (commit) => {
      await engine.ends({ preview: 3 });
      const made = await merge(commits[commit], { GITLAB_TOKEN: "token-of-nobody" });
      expect(statuses(made), logOf(made)).toEqual({ reviewed: "warning", approved: "manual" });
      expect(await verbs()).not.toContain("up");
      expect(logOf(made)).toContain(digest);
    },
  );

  it.each([
    ["a preview that fails", { preview: 1 }],
    ["an up that fails", { preview: 3, up: 1 }],
  ])("with %s fails, and there is nothing to approve", async (_, ends) => {
    gitlab.packages.set(plan(), Buffer.from("what was reviewed"));
    await engine.ends(ends);
    expect(statuses(await merge())).toEqual({ reviewed: "failed", approved: "skipped" });
    expect(open()).toEqual([]);
  });

  it("without a runner that reaches the lab is no business of the lab's", async () => {
    expect((await merge(commits.merged, { LAB_RUNNER: "" })).jobs).toEqual({});
  });
});

describe("a night", { timeout: TIMEOUT_MS }, () => {
  it("with findings is one issue, which is closed when there are none", async () => {
    await engine.ends({ drift: 3 });
    for (const made of [await schedule("drift", 1), await schedule("drift", 2)])
      expect(statuses(made), logOf(made)).toEqual({ drift: "success" });
    expect(gitlab.issues).toMatchObject([{ title: "Drift of lab", state: "opened" }]);
    await engine.ends({ drift: 0 });
    const made = await schedule("drift", 3);
    expect(statuses(made), logOf(made)).toEqual({ drift: "success" });
    expect(gitlab.issues).toMatchObject([{ title: "Drift of lab", state: "closed" }]);
  });

  it("in which nothing could be looked at fails, and says nothing of the lab", async () => {
    await engine.ends({ drift: 1 });
    expect(statuses(await schedule("drift", 1))).toEqual({ drift: "failed" });
    expect(gitlab.issues).toEqual([]);
  });
});

it("each week the newest charts are one issue, also where their preview failed", { timeout: TIMEOUT_MS }, async () => {
  await engine.ends({ preview: 1 });
  expect(statuses(await schedule("newest", 1))).toEqual({ newest: "failed" });
  expect(open()).toEqual(["Newest charts for lab"]);
});

it("every line of every script has run", () => {
  const missing = Object.entries(FILE.jobs).flatMap(([name, { script }]) =>
    [...FILE.default.before_script, ...script]
      .filter((line) => !begun[name]?.has(line))
      .map((line) => `${name}: ${line}`),
  );
  expect(missing).toEqual([]);
});
