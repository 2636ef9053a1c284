import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startForge, type Forge } from "../forges/forge-stand-in.ts";
import { freshCheckout, type Checkout } from "../workflows/checkout.ts";
import { engineStandIn, type EngineStandIn } from "../workflows/engine-stand-in.ts";
import { ACTIONS, REPOSITORY, startHost, TOKEN, type StandInHost } from "../workflows/host.ts";
import { reportOf } from "../workflows/report.ts";
import { everyScriptHasRun } from "../workflows/run-by.ts";
import { runJob, type RanJob } from "../workflows/runner.ts";
import { savedPlan } from "../workflows/saved-plan.ts";
import { readWorkflow } from "../workflows/workflow.ts";

/** What deploy.yml and drift.yml do by what the verbs of the lab end with. Those are stand-ins here; with a lab: test/full/workflows.test.ts. */

const TIMEOUT_MS = 240_000;
const STACK = "lab";
const [MERGED, HEAD] = ["c".repeat(40), "a".repeat(40)];
const PASSPHRASE = "passphrase-canary-5c1";
const PULL = 7;

let checkout: Checkout;
let engine: EngineStandIn;
let host: StandInHost;
let forge: Forge;
let home: string;
let digest: string;
let uploaded: Record<string, string>;
const ran: Record<string, RanJob[]> = {};

beforeAll(async () => {
  checkout = await freshCheckout();
  // GitHub runs a pull request's workflow on what a merge would make of it.
  await checkout.commit("merge");
  engine = await engineStandIn(checkout);
  home = await mkdtemp(path.join(tmpdir(), "vision-platform-home-"));
  digest = await savedPlan(engine.files.plan, STACK, PASSPHRASE);
  await writeFile(engine.files.markdown, `## Preview of ${STACK}\n\n**Routine: 1 object changes, no rollouts.**\n`);
  await writeFile(engine.files.json, reportOf({ stack: STACK }));
}, TIMEOUT_MS);
afterAll(async () => {
  await checkout.remove();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  host = await startHost();
  forge = await startForge({ kind: "github", tokens: { [TOKEN]: { login: ACTIONS, maySayWho: false } } });
  host.beside = forge.api;
  uploaded = {};
  await engine.calls();
});
afterEach(async () => {
  host.close();
  await forge.end();
});

interface Given {
  event?: string;
  github?: Record<string, string>;
  vars?: Record<string, string>;
  inputs?: Record<string, string>;
  needs?: Record<string, string>;
}

async function run(
  file: string,
  name: string,
  { event = "push", github: more = {}, vars = {}, inputs, needs }: Given = {},
): Promise<RanJob> {
  const workflow = readWorkflow(`.github/workflows/${file}`);
  const job = workflow.jobs[name];
  if (!job) throw new Error(`${file} has no job ${name}`);
  const github = {
    api_url: host.api,
    server_url: "https://forge.example",
    repository: REPOSITORY,
    sha: MERGED,
    ref: "refs/heads/main",
    ref_name: "main",
  };
  const done = await runJob(workflow, job, {
    folder: checkout.folder,
    github: { ...github, event_name: event, run_id: "500", run_number: "40", token: TOKEN, ...more },
    event: {},
    vars: { LAB_STACK: STACK, LAB_RUNNER: "lab", ...vars },
    secrets: { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE },
    ...(inputs && { inputs }),
    ...(needs && { needs }),
    env: { PATH: engine.path, HOME: home, VISION_PLATFORM_CACHE: process.env["VISION_PLATFORM_CACHE"] },
    uses: {
      "actions/checkout": () => checkout.git("clean", "-qfd", "-e", "node_modules").then(() => undefined),
      "actions/setup-node": () => expect(existsSync(path.join(checkout.folder, ".node-version"))).toBe(true),
      "actions/setup-go": () => expect(existsSync(path.join(checkout.folder, "tools/pulumi/go.mod"))).toBe(true),
      "actions/cache": ({ key = "" }) => expect(key).toBe("tools-Linux-X64-0123abcd"),
      "actions/upload-artifact": async ({ path: left = "" }) => {
        uploaded[left] = await readFile(path.join(checkout.folder, left), "utf8");
      },
    },
  });
  (ran[`${file} ${name}`] ??= []).push(done);
  const printed = logOf(done);
  for (const secret of [TOKEN, PASSPHRASE]) expect(printed.includes(secret)).toBe(false);
  return done;
}
const logOf = ({ steps }: RanJob) =>
  steps.map(({ title, outcome, log }) => `== ${title}: ${outcome}\n${log}`).join("\n");
const verbs = async () => (await engine.calls()).map((call) => call.split(" ")[0]);

/** The pull request that was merged, and the plan that its preview has left. */
function reviewed(plan = "what was reviewed"): void {
  const pull = { state: "closed" as const, merged_at: "2026-11-30T10:00:00Z", merge_commit_sha: MERGED, sha: HEAD };
  host.pulls.push({ number: PULL, ...pull, branch: "more", from: REPOSITORY });
  const run = { event: "pull_request", head_branch: "more", head_sha: HEAD, from: REPOSITORY, run_number: 12 };
  host.runs.push({ id: 71, path: ".github/workflows/preview.yml", ...run });
  host.leave(71, `plan-${STACK}.json`, plan);
}

/** The deployment has stopped, and left the plan of what is new. */
function stopped(): void {
  const run = { event: "push", head_branch: "main", head_sha: MERGED, from: REPOSITORY, run_number: 40 };
  host.runs.push({ id: 81, path: ".github/workflows/deploy.yml", ...run });
  host.leave(81, `plan-${STACK}.json`, uploaded[`plan-${STACK}.json`] ?? "");
}

describe("a merge", { timeout: TIMEOUT_MS }, () => {
  it("that changes nothing ends after the preview, which follows what clears the lab", async () => {
    await engine.ends({ preview: 0 });
    const job = await run("deploy.yml", "reviewed");
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(await verbs()).toEqual(["charts", "recover", "preview"]);
    expect(host.asked).toEqual([]);
  });

  it("of what was reviewed is applied by that very plan", async () => {
    await engine.ends({ preview: 3 });
    reviewed();
    const job = await run("deploy.yml", "reviewed");
    expect(job.conclusion, logOf(job)).toBe("success");
    expect((await engine.calls()).at(-1)).toBe(`up --stack ${STACK} --plan reviewed-plan.json`);
    expect(await readFile(path.join(checkout.folder, "reviewed-plan.json"), "utf8")).toBe("what was reviewed");
    expect({ digest: job.outputs["digest"], comments: forge.comments }).toEqual({ digest: "", comments: [] });
  });

  it("of something else is posted with a plan of its own, and applied by that one's digest alone", async () => {
    await engine.ends({ preview: 3, up: 3 });
    reviewed();
    const job = await run("deploy.yml", "reviewed");
    expect(job.conclusion).toBe("failure");
    expect(job.outputs["digest"]).toBe(digest);
    expect(job.summary).toContain(digest);
    expect(forge.comments.map(({ body }) => body.split("\n")[0])).toEqual([
      `<!-- vision-platform:report stack=lab label=deploy run=40 sha=${MERGED} -->`,
    ]);
    stopped();
    await engine.ends({});
    const byHand = (wanted: string) =>
      run("deploy.yml", "by-hand", { event: "workflow_dispatch", inputs: { digest: wanted } });
    expect((await byHand("0".repeat(16))).conclusion).toBe("failure");
    const done = await byHand(digest);
    expect(done.conclusion, logOf(done)).toBe("success");
    const left = await readFile(path.join(checkout.folder, "approved-plan.json"));
    expect(createHash("sha256").update(left).digest("hex").slice(0, 16)).toBe(digest);
  });

  it("of nothing that was reviewed is stopped without an up", async () => {
    await engine.ends({ preview: 3 });
    const job = await run("deploy.yml", "reviewed");
    expect(job.conclusion).toBe("failure");
    expect(logOf(job)).toContain(`No pull request was merged as ${MERGED}.`);
    expect(await verbs()).not.toContain("up");
    expect(job.outputs["digest"]).toBe(digest);
  });

  it("waits for the reviewers of an environment that has some, and goes on by the plan that they saw", async () => {
    await engine.ends({ preview: 3 });
    const vars = { LAB_APPROVAL: "production" };
    host.environments["production"] = 0;
    const unguarded = await run("deploy.yml", "reviewed", { vars });
    expect(unguarded.conclusion).toBe("failure");
    expect(logOf(unguarded)).toContain("has no required reviewers");
    expect(unguarded.outputs["digest"]).toBe("");
    host.environments["production"] = 1;
    const job = await run("deploy.yml", "reviewed", { vars });
    expect(job.conclusion, logOf(job)).toBe("success");
    stopped();
    const approved = await run("deploy.yml", "approved", { vars, needs: { "reviewed.outputs.digest": digest } });
    expect(approved.conclusion, logOf(approved)).toBe("success");
    expect((await engine.calls()).at(-1)).toBe(`up --stack lab --plan approved-plan.json --digest ${digest}`);
    expect((await run("deploy.yml", "approved", { vars, needs: { "reviewed.outputs.digest": "" } })).conclusion).toBe(
      "skipped",
    );
  });

  it.each([
    ["a preview that fails", { preview: 1 }, ["charts", "recover", "preview"]],
    ["an up that fails", { preview: 3, up: 1 }, ["charts", "recover", "preview", "up"]],
  ])("with %s fails, and asks nobody to approve anything", async (_, ends, called) => {
    await engine.ends(ends);
    reviewed();
    const job = await run("deploy.yml", "reviewed");
    expect(job.conclusion).toBe("failure");
    expect(await verbs()).toEqual(called);
    expect([forge.comments, job.outputs]).toEqual([[], { digest: "" }]);
  });

  it("without a runner that reaches the lab is no business of the lab's", async () => {
    for (const name of ["reviewed", "by-hand"])
      expect((await run("deploy.yml", name, { vars: { LAB_RUNNER: "" } })).conclusion).toBe("skipped");
    expect((await run("drift.yml", "drift", { vars: { LAB_RUNNER: "" } })).conclusion).toBe("skipped");
    expect(await verbs()).toEqual([]);
  });
});

describe("a night", { timeout: TIMEOUT_MS }, () => {
  const night = () => run("drift.yml", "drift", { event: "schedule" });

  it("with findings is one issue, which is closed when there are none", async () => {
    await engine.ends({ drift: 3 });
    for (const job of [await night(), await night()]) expect(job.conclusion, logOf(job)).toBe("success");
    expect(host.issues).toMatchObject([{ title: "Drift of lab", state: "open" }]);
    await engine.ends({ drift: 0 });
    const job = await night();
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(host.issues).toMatchObject([{ title: "Drift of lab", state: "closed" }]);
  });

  it("in which nothing could be looked at fails, and says nothing of the lab", async () => {
    await engine.ends({ drift: 1 });
    expect((await night()).conclusion).toBe("failure");
    expect(host.issues).toEqual([]);
  });
});

describe("a pull request", { timeout: TIMEOUT_MS }, () => {
  const pull = (from = REPOSITORY, type = "User") => ({
    event: "pull_request",
    github: {
      "event.pull_request.number": String(PULL),
      "event.pull_request.head.repo.full_name": from,
      "event.pull_request.user.type": type,
    },
  });

  it("leaves the report of a rehearsal, whoever it is from, and also of one that failed", async () => {
    await engine.ends({});
    const fork = await run("preview.yml", "rehearsal", pull("stranger/platform"));
    expect(fork.conclusion, logOf(fork)).toBe("success");
    expect(await engine.calls()).toEqual([
      "charts try --base HEAD^1 --stack lab",
      "charts pull",
      "preview --rehearse --base HEAD^1 --stack lab --report rehearsal-lab.json",
    ]);
    uploaded = {};
    await engine.ends({ preview: 1 });
    expect((await run("preview.yml", "rehearsal", pull())).conclusion).toBe("failure");
    expect(Object.keys(uploaded)).toEqual(["rehearsal-lab.json"]);
  });

  it("is previewed on the lab with its plan, but none of a fork or a bot", async () => {
    await engine.ends({});
    const lab = await run("preview.yml", "lab", pull());
    expect(lab.conclusion, logOf(lab)).toBe("success");
    expect(Object.keys(uploaded).sort()).toEqual(["plan-lab.json", "preview-lab.json"]);
    await engine.calls();
    for (const one of [pull("stranger/platform"), pull(REPOSITORY, "Bot")])
      expect((await run("preview.yml", "lab", one)).conclusion).toBe("skipped");
    expect(await engine.calls()).toEqual([]);
  });
});

it("each week the newest charts are one issue, also where their preview failed", { timeout: TIMEOUT_MS }, async () => {
  await engine.ends({ preview: 1 });
  expect((await run("newest.yml", "newest", { event: "schedule" })).conclusion).toBe("failure");
  expect(host.issues).toMatchObject([{ title: "Newest charts for lab", state: "open" }]);
});

it("every script of these workflows has run", () => everyScriptHasRun("test/contract/workflow-deploy.test.ts", ran));
