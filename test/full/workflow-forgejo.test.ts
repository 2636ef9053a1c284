import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder } from "../../automation/cache.ts";
import { PULL, REPOSITORY, startForge, type Forge } from "../forges/forge-stand-in.ts";
import { freshCheckout, type Checkout } from "../workflows/checkout.ts";
import { clone } from "../workflows/clone.ts";
import { engineStandIn, type EngineStandIn } from "../workflows/engine-stand-in.ts";
import { reportOf } from "../workflows/report.ts";
import { everyScriptHasRun } from "../workflows/run-by.ts";
import { runJob, type RanJob } from "../workflows/runner.ts";
import { savedPlan } from "../workflows/saved-plan.ts";
import { readWorkflow } from "../workflows/workflow.ts";

/** The workflows for Forgejo, each job in a clone of its own and with the environment of Forgejo's runner. The verbs of the lab are stand-ins. */

const TIMEOUT_MS = 240_000;
const STACK = "lab";
const TOKEN = "token-canary-a90";
/** The token of a fork's run, which only reads. */
const FORKS_TOKEN = "token-canary-f41";
const PASSPHRASE = "passphrase-canary-77e";
const BOT = "forgejo-actions";

let checkout: Checkout;
let engine: EngineStandIn;
let forge: Forge;
/** Of the machine with the lab's runner. */
let home: string;
let digest: string;
/** The branch began at `base`; `head` is two commits on, and `merged` is what a merge makes of it. */
let commits: { base: string; head: string; merged: string; squashed: string };
const ran: Record<string, RanJob[]> = {};

beforeAll(async () => {
  checkout = await freshCheckout();
  engine = await engineStandIn(checkout);
  home = await mkdtemp(path.join(tmpdir(), "vision-platform-home-"));
  digest = await savedPlan(engine.files.plan, STACK, PASSPHRASE);
  await writeFile(engine.files.markdown, `## Preview of ${STACK}\n\n**Routine: 1 object changes, no rollouts.**\n`);
  await writeFile(engine.files.json, reportOf({ stack: STACK }));
  const base = await checkout.git("rev-parse", "HEAD");
  await checkout.git("switch", "-qc", "more");
  await checkout.commit("one");
  const head = await checkout.commit("two");
  await checkout.git("switch", "-q", "main");
  await checkout.commit("somebody else's");
  const squashed = await checkout.git("rev-parse", "HEAD");
  await checkout.git("merge", "-q", "--no-ff", "-m", "merge", "more");
  commits = { base, head, squashed, merged: await checkout.git("rev-parse", "HEAD") };
}, TIMEOUT_MS);
afterAll(async () => {
  await checkout.remove();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  const tokens = {
    [TOKEN]: { login: BOT },
    [FORKS_TOKEN]: { login: BOT, mayComment: false, maySetStatus: false },
  };
  forge = await startForge({ kind: "gitea", tokens, commit: commits.head });
  await rm(plans(), { recursive: true, force: true });
  await engine.ends({});
  await engine.calls();
});
afterEach(() => forge.end());

const plans = () => path.join(home, "vision-platform-plans");
const verbs = async () => (await engine.calls()).map((call) => call.split(" ")[0]);
const logOf = ({ steps }: RanJob) =>
  steps.map(({ title, outcome, log }) => `== ${title}: ${outcome}\n${log}`).join("\n");

interface Given {
  event: "push" | "pull_request" | "schedule" | "workflow_dispatch";
  sha?: string;
  /** Whose repository a pull request is of. */
  from?: string;
  vars?: Record<string, string>;
  inputs?: Record<string, string>;
  number?: number;
}

async function run(file: string, name: string, given: Given): Promise<RanJob> {
  const { event, sha = commits.merged, from = REPOSITORY, vars = {}, inputs, number = 40 } = given;
  const workflow = readWorkflow(`docs/ci/forgejo/${file}`);
  const job = workflow.jobs[name];
  if (!job) throw new Error(`${file} has no job ${name}`);
  // A runner has one for each repository, and empties it.
  const folder = path.join(home, "build");
  await mkdir(folder);
  const isFork = from !== REPOSITORY;
  const token = isFork ? FORKS_TOKEN : TOKEN;
  // Forgejo and Gitea run the branch, not the merge. (services/actions/notifier_helper.go)
  const ref = event === "pull_request" ? `refs/pull/${PULL}/head` : "refs/heads/main";
  const github = {
    api_url: forge.api,
    server_url: forge.url,
    repository: REPOSITORY,
    sha,
    ref,
    ref_name: ref.replace(/^refs\/(heads|pull)\//, ""),
    event_name: event,
    run_id: "500",
    run_number: String(number),
    token,
  };
  const pull = { number: PULL, merge_base: commits.base, head: { sha, ref: "more", repo: { full_name: from } } };
  const ofPull = {
    "event.pull_request.head.repo.full_name": from,
    "event.pull_request.head.sha": sha,
    "event.pull_request.merge_base": commits.base,
  };
  // forgejo.org/docs: Forgejo Actions, reference, env: each variable has both names, and every step the token.
  const named = Object.entries(github).map(([key, value]) => [`FORGEJO_${key.toUpperCase()}`, value]);
  try {
    const done = await runJob(workflow, job, {
      folder,
      github: { ...github, ...(event === "pull_request" && ofPull) },
      event: event === "pull_request" ? { pull_request: pull } : {},
      vars: { LAB_STACK: STACK, LAB_RUNNER: "lab", ...vars },
      secrets: isFork ? {} : { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE },
      ...(inputs && { inputs }),
      env: {
        ...(Object.fromEntries(named) as Record<string, string>),
        FORGEJO_ACTIONS: "true",
        GITEA_ACTIONS: "true",
        GITHUB_TOKEN: token,
        PATH: engine.path,
        HOME: home,
        VISION_PLATFORM_CACHE: cacheFolder(),
      },
      uses: {
        "https://github.com/actions/checkout": ({ "fetch-depth": depth = "1" }) =>
          clone(checkout, folder, sha, Number(depth)),
        "https://github.com/actions/setup-node": () =>
          expect(existsSync(path.join(folder, ".node-version"))).toBe(true),
      },
    });
    (ran[`${file} ${name}`] ??= []).push(done);
    for (const secret of [TOKEN, FORKS_TOKEN, PASSPHRASE]) expect(logOf(done).includes(secret)).toBe(false);
    return done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("a pull request", { timeout: TIMEOUT_MS }, () => {
  const pull = (job: "rehearsal" | "lab", from = REPOSITORY) =>
    run("preview.yml", job, { event: "pull_request", sha: commits.head, from });

  it("is rehearsed against where its branch began, and what comes out is a comment and the commit's status", async () => {
    const job = await pull("rehearsal");
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(await engine.calls()).toEqual([
      `charts try --base ${commits.base} --stack lab`,
      `preview --rehearse --base ${commits.base} --stack lab --report rehearsal.json`,
    ]);
    expect(forge.comments.map(({ body }) => body.split("\n")[0])).toEqual([
      `<!-- vision-platform:report stack=lab label=rehearsal run=40 sha=${commits.head} -->`,
    ]);
    expect(forge.statuses).toMatchObject([{ sha: commits.head, context: "vision-platform/lab/rehearsal" }]);
  });

  it("is previewed on the lab, whose runner keeps the plan", async () => {
    const job = await pull("lab");
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(await readdir(plans())).toEqual([`${commits.head}-lab.json`]);
    expect(forge.comments).toHaveLength(1);
  });

  it.each(["rehearsal", "lab"] as const)("whose preview fails says so too: %s", async (name) => {
    await engine.ends({ preview: 1 });
    expect((await pull(name)).conclusion).toBe("failure");
    expect(forge.comments).toHaveLength(1);
    expect(existsSync(plans()) ? await readdir(plans()) : []).toEqual([]);
  });

  it("of a fork is rehearsed, and neither posted nor shown a secret or the lab", async () => {
    const job = await pull("rehearsal", "somebody/platform");
    expect(job.conclusion, logOf(job)).toBe("success");
    expect((await pull("lab", "somebody/platform")).conclusion).toBe("skipped");
    expect([forge.comments, forge.statuses]).toEqual([[], []]);
  });
});

describe("a merge", { timeout: TIMEOUT_MS }, () => {
  const merge = (sha = commits.merged) => run("deploy.yml", "reviewed", { event: "push", sha });
  const open = () => forge.issues.filter(({ state }) => state === "open").map(({ title }) => title);
  const preview = () => run("preview.yml", "lab", { event: "pull_request", sha: commits.head });

  it("that changes nothing ends after the preview, which follows what clears the lab", async () => {
    const job = await merge();
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(await verbs()).toEqual(["charts", "recover", "preview"]);
    expect(forge.asked).toEqual([]);
  });

  it("of what was reviewed is applied by that very plan", async () => {
    await preview();
    await engine.ends({ preview: 3 });
    const job = await merge();
    expect(job.conclusion, logOf(job)).toBe("success");
    expect((await engine.calls()).at(-1)).toBe(`up --stack lab --plan ${plans()}/${commits.head}-lab.json`);
    expect(open()).toEqual([]);
  });

  it("of something else is posted, and applied by the digest of its own plan alone", async () => {
    await preview();
    await engine.ends({ preview: 3, up: 3 });
    const job = await merge();
    expect(job.conclusion).toBe("failure");
    expect(open()).toEqual(["Deployment of lab waits"]);
    // Forgejo shows no summary of a job.
    expect(logOf(job)).toContain(`with the digest ${digest}`);
    await engine.ends({});
    const byHand = (wanted: string) =>
      run("deploy.yml", "by-hand", { event: "workflow_dispatch", inputs: { digest: wanted } });
    expect((await byHand("0".repeat(16))).conclusion).toBe("failure");
    const done = await byHand(digest);
    expect(done.conclusion, logOf(done)).toBe("success");
    expect((await engine.calls()).at(-1)).toBe(
      `up --stack lab --plan ${plans()}/${commits.merged}-lab.json --digest ${digest}`,
    );
  });

  it("that was squashed, or of what nobody previewed, is stopped without an up", async () => {
    await engine.ends({ preview: 3 });
    for (const sha of [commits.squashed, commits.merged]) expect((await merge(sha)).conclusion).toBe("failure");
    expect(await verbs()).not.toContain("up");
    expect(open()).toEqual(["Deployment of lab waits"]);
  });

  it("asks a person also where no issue can be written", async () => {
    await engine.ends({ preview: 3 });
    forge.faults["POST .*/issues$"] = [{ when: "before", reply: { status: 403, body: { message: "no" } } }];
    const job = await merge();
    expect(logOf(job)).toContain("The token in FORGEJO_TOKEN needs");
    expect(logOf(job)).toContain(`with the digest ${digest}`);
  });

  it.each([
    ["a preview that fails", { preview: 1 }],
    ["an up that fails", { preview: 3, up: 1 }],
  ])("with %s fails, and asks nobody to approve anything", async (_, ends) => {
    await preview();
    await engine.ends(ends);
    const job = await merge();
    expect(job.conclusion).toBe("failure");
    expect([open(), logOf(job).includes("with the digest")]).toEqual([[], false]);
  });

  it("without a runner that reaches the lab is skipped by one that is there", async () => {
    const vars = { LAB_RUNNER: "" };
    expect((await run("deploy.yml", "reviewed", { event: "push", vars })).conclusion).toBe("skipped");
    expect((await run("drift.yml", "drift", { event: "schedule", vars })).conclusion).toBe("skipped");
    for (const file of ["deploy.yml", "drift.yml", "preview.yml"])
      for (const job of Object.values(readWorkflow(`docs/ci/forgejo/${file}`).jobs))
        expect(job["runs-on"]).toMatch(/^docker$|\|\| 'docker' \}\}$/);
  });
});

describe("a night", { timeout: TIMEOUT_MS }, () => {
  const night = (number: number) => run("drift.yml", "drift", { event: "schedule", number });

  it("with findings is one issue, which is closed when there are none", async () => {
    await engine.ends({ drift: 3 });
    for (const job of [await night(1), await night(2)]) expect(job.conclusion, logOf(job)).toBe("success");
    expect(forge.issues).toMatchObject([{ title: "Drift of lab", state: "open", user: { login: BOT } }]);
    await engine.ends({ drift: 0 });
    const job = await night(3);
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(forge.issues).toMatchObject([{ title: "Drift of lab", state: "closed" }]);
  });

  it("in which nothing could be looked at fails, and says nothing of the lab", async () => {
    await engine.ends({ drift: 1 });
    expect((await night(1)).conclusion).toBe("failure");
    expect(forge.issues).toEqual([]);
  });
});

it("each week the newest charts are one issue, also where their preview failed", { timeout: TIMEOUT_MS }, async () => {
  await engine.ends({ preview: 1 });
  expect((await run("newest.yml", "newest", { event: "schedule" })).conclusion).toBe("failure");
  expect(forge.issues).toMatchObject([{ title: "Newest charts for lab", state: "open" }]);
});

it("every script of these workflows has run", () => everyScriptHasRun("test/full/workflow-forgejo.test.ts", ran));

it("no job needs what stands in another: the host gives each to a runner alone", async () => {
  for (const file of await readdir("docs/ci/forgejo")) {
    const [, ...jobs] = (await readFile(`docs/ci/forgejo/${file}`, "utf8")).split(/^ {2}(?=[\w-]+:$)/m);
    for (const job of jobs) {
      const anchors = new Set([...job.matchAll(/&(\w+)$/gm)].map(([, name]) => name));
      expect([...job.matchAll(/: \*(\w+)$/gm)].filter(([, name]) => !anchors.has(name))).toEqual([]);
    }
  }
});
