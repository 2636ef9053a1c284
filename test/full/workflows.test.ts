import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import * as tar from "tar";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseDocument, stringify } from "yaml";
import { cacheFolder } from "../../automation/cache.ts";
import { sha256Of } from "../../automation/tools/sums.ts";
import { miniatureChart } from "../../automation/rehearsal/miniatures.ts";
import { startForge, type Forge } from "../forges/forge-stand-in.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";
import { freshCheckout, type Checkout } from "../workflows/checkout.ts";
import { ACTIONS, REPOSITORY, startHost, TOKEN, type StandInHost } from "../workflows/host.ts";
import { runJob, type Place, type RanJob } from "../workflows/runner.ts";
import { readWorkflow } from "../workflows/workflow.ts";

/**
 * The workflows from the first step to the last, `npm ci` included: in a fresh checkout, with the environment that GitHub gives, a stand-in for its
 * API, and a rehearsed lab as the lab.
 */

const MINUTES = 60_000;
const STACK = "lab";
/** As the stand-in for comments has it. */
const PULL = 7;

let checkout: Checkout;
let lab: Lab;
let host: StandInHost;
let forge: Forge;
let charts: { url: string; server: Server; folder: string };
const ran: Record<string, RanJob[]> = {};
/** What `upload-artifact` was given last, by name. */
const uploaded: Record<string, Buffer> = {};

beforeAll(async () => {
  ({ lab } = await startScene({ cvat: { enabled: false } }));
  charts = await chartRepository();
  checkout = await freshCheckout();
  host = await startHost();
  forge = await startForge({ kind: "github", tokens: { [TOKEN]: { login: ACTIONS, maySayWho: false } } });
  host.beside = forge.api;
  await writeFile(path.join(checkout.folder, "charts.lock.yaml"), await lockOf(charts));
  const own = path.join(lab.rehearsal().home.folder, "stack");
  await cp(path.join(own, `Pulumi.${STACK}.yaml`), path.join(checkout.folder, `Pulumi.${STACK}.yaml`));
  await checkout.commit("the lab");
}, 20 * MINUTES);
afterAll(async () => {
  await checkout.remove();
  host.close();
  await forge.end();
  charts.server.close();
  await rm(charts.folder, { recursive: true, force: true });
  await lab.end();
});
beforeEach(() => {
  host.runs = [];
  host.pulls = [];
});

const COMMITS = { merged: "c".repeat(40), head: "a".repeat(40) };

describe("a merge", { timeout: 20 * MINUTES }, () => {
  it("that changes nothing is done when the preview says so", async () => {
    const job = await run("deploy.yml", "reviewed", push());
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(outcomeOf(job, "preview")).toBe("success");
    expect(outcomeOf(job, "find the plan that was reviewed")).toBe("skipped");
    expect(job.outputs).toEqual({ digest: "" });
  });

  it("of what was reviewed on the pull request is applied", async () => {
    await change(["vision-platform:clearml", "storage", "redis"], "6Gi");
    const preview = await run("preview.yml", "lab", pullRequest());
    expect(preview.conclusion, logOf(preview)).toBe("success");
    leave(71, ".github/workflows/preview.yml", "pull_request", COMMITS.head, `plan-${STACK}.json`);
    merged();
    const job = await run("deploy.yml", "reviewed", push());
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(outcomeOf(job, "apply it")).toBe("success");
    expect(outcomeOf(job, "ask for approval")).toBe("skipped");
    expect((await run("deploy.yml", "reviewed", push())).steps.find(({ title }) => title === "apply it")?.outcome).toBe(
      "skipped",
    );
  });

  it("of something else is stopped before the first change, posted, and applied by the digest of its plan", async () => {
    await change(["vision-platform:clearml", "storage", "redis"], "7Gi");
    await run("preview.yml", "lab", pullRequest());
    leave(71, ".github/workflows/preview.yml", "pull_request", COMMITS.head, `plan-${STACK}.json`);
    merged();
    // Somebody else's merge came in between.
    await change(["vision-platform:clearml", "storage", "redis"], "8Gi");
    const job = await run("deploy.yml", "reviewed", push());
    expect(job.conclusion).toBe("failure");
    expect(outcomeOf(job, "apply it")).toBe("success");
    expect(logOf(job)).toMatch(/storage/);
    expect(job.outputs["digest"]).toMatch(/^[0-9a-f]{16}$/);
    expect(job.summary).toContain(`waits for approval`);
    expect(forge.comments.at(-1)?.body).toContain("label=deploy");
    leave(81, ".github/workflows/deploy.yml", "push", COMMITS.merged, `plan-${STACK}.json`);

    const other = await run("deploy.yml", "by-hand", {
      ...push(),
      inputs: { digest: "0".repeat(16) },
      event: "workflow_dispatch",
    });
    expect(other.conclusion).toBe("failure");
    expect(logOf(other)).toContain("is another plan than --digest names");
    const digest = job.outputs["digest"] ?? "";
    const byHand = await run("deploy.yml", "by-hand", { ...push(), inputs: { digest }, event: "workflow_dispatch" });
    expect(byHand.conclusion, logOf(byHand)).toBe("success");
  });

  it("waits for the reviewers of an environment, which has some", async () => {
    await change(["vision-platform:clearml", "storage", "redis"], "9Gi");
    host.environments["lab"] = 0;
    const unguarded = await run("deploy.yml", "reviewed", { ...push(), vars: { LAB_APPROVAL: "lab" } });
    expect(unguarded.conclusion).toBe("failure");
    expect(logOf(unguarded)).toContain("has no required reviewers");
    host.environments["lab"] = 1;
    const job = await run("deploy.yml", "reviewed", { ...push(), vars: { LAB_APPROVAL: "lab" } });
    expect(job.conclusion, logOf(job)).toBe("success");
    leave(81, ".github/workflows/deploy.yml", "push", COMMITS.merged, `plan-${STACK}.json`);
    const needs = { "reviewed.outputs.digest": job.outputs["digest"] ?? "" };
    const approved = await run("deploy.yml", "approved", { ...push(), vars: { LAB_APPROVAL: "lab" }, needs });
    expect(approved.conclusion, logOf(approved)).toBe("success");
  });
});

describe("each night", { timeout: 20 * MINUTES }, () => {
  it("what was changed by hand is one issue, which is closed when it is gone", async () => {
    const where = { name: "clearml-webserver", namespace: "clearml" };
    const scale = (replicas: number) =>
      lab
        .client()
        .patch(
          { apiVersion: "apps/v1", kind: "Deployment", metadata: where, spec: { replicas } },
          undefined,
          undefined,
          "kubectl-edit",
        );
    await scale(0);
    const found = await run("drift.yml", "drift", schedule());
    expect(found.conclusion, logOf(found)).toBe("success");
    expect(host.issues).toMatchObject([
      { state: "open", title: `Drift of ${STACK}`, body: expect.stringContaining("clearml-webserver") as string },
    ]);
    await scale(1);
    const gone = await run("drift.yml", "drift", schedule());
    expect(gone.conclusion, logOf(gone)).toBe("success");
    expect(host.issues).toMatchObject([{ state: "closed" }]);
  });
});

describe("without access to the lab", { timeout: 30 * MINUTES }, () => {
  let small: Checkout;
  beforeAll(async () => {
    small = await freshCheckout();
    await writeFile(path.join(small.folder, "charts.lock.yaml"), await lockOf(charts));
    const clearml = {
      addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" },
      agent: { enabled: false },
    };
    const config = { "vision-platform:cvat": { enabled: false }, "vision-platform:clearml": clearml };
    await writeFile(path.join(small.folder, `Pulumi.${STACK}.yaml`), stringify({ config }));
    await small.commit("base");
  }, 5 * MINUTES);
  afterAll(() => small.remove());

  it("a pull request is previewed on a rehearsed base, and a chart that a bot has bumped is on trial", async () => {
    const lock = path.join(small.folder, "charts.lock.yaml");
    await writeFile(lock, (await readFile(lock, "utf8")).replace("7.14.7", "7.14.8"));
    await small.commit("bump");
    const job = await run("preview.yml", "rehearsal", pullRequest(), small);
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(job.summary).toMatch(/\| clearml \| 7\.14\.7 \| 7\.14\.8 \| `sha256:/);
    const report = JSON.parse(uploaded[`rehearsal-${STACK}.json`]?.toString() ?? "{}") as {
      stack: string;
      objects: unknown[];
    };
    expect(report.stack).toBe(STACK);
    await small.git("checkout", "-q", "-f", "HEAD^1");
  });

  it("the newest charts are rehearsed each week, in one issue", async () => {
    const before = host.issues.length;
    const job = await run("newest.yml", "newest", schedule(), small);
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(host.issues.slice(before)).toMatchObject([{ state: "open", title: `Newest charts for ${STACK}` }]);
    expect(host.issues.at(-1)?.body).toMatch(/7\.14\.8/);
  });
});

it("no secret stands in what was printed", async () => {
  const printed = Object.values(ran).flat().map(logOf).join("\n");
  const { PULUMI_CONFIG_PASSPHRASE: passphrase = "" } = lab.rehearsal().env;
  expect(passphrase).not.toBe("");
  for (const secret of [TOKEN, passphrase]) expect(printed.includes(secret)).toBe(false);
  await Promise.resolve();
});

const logOf = ({ steps }: RanJob) =>
  steps.map(({ title, outcome, log }) => `== ${title}: ${outcome}\n${log}`).join("\n");
const outcomeOf = ({ steps }: RanJob, title: string) => steps.find((one) => one.title === title)?.outcome;

interface Given {
  github: Record<string, string>;
  event: string;
  vars?: Record<string, string>;
  inputs?: Record<string, string>;
  needs?: Record<string, string>;
}

const push = (): Given => ({
  github: { sha: COMMITS.merged, ref: "refs/heads/main", ref_name: "main" },
  event: "push",
});
const schedule = (): Given => ({ ...push(), event: "schedule" });
const pullRequest = (): Given => ({
  github: {
    sha: "d".repeat(40),
    ref: `refs/pull/${PULL}/merge`,
    ref_name: `${PULL}/merge`,
    "event.pull_request.number": String(PULL),
    "event.pull_request.head.repo.full_name": REPOSITORY,
    "event.pull_request.user.type": "User",
  },
  event: "pull_request",
});

async function run(file: string, name: string, given: Given, where = checkout): Promise<RanJob> {
  const workflow = readWorkflow(`.github/workflows/${file}`);
  const job = workflow.jobs[name];
  if (!job) throw new Error(`${file} has no job ${name}`);
  const number = String(Object.values(ran).flat().length + 20);
  const seesLab = JSON.stringify(job).includes("secrets.");
  const { env: engine } = lab.rehearsal();
  const place: Place = {
    folder: where.folder,
    github: {
      api_url: host.api,
      server_url: "https://forge.example",
      repository: REPOSITORY,
      event_name: given.event,
      run_id: "500",
      run_number: number,
      token: TOKEN,
      ...given.github,
    },
    event: {},
    vars: {
      LAB_STACK: STACK,
      LAB_RUNNER: "lab",
      PULUMI_BACKEND_URL: engine["PULUMI_BACKEND_URL"] ?? "",
      ...given.vars,
    },
    secrets: { PULUMI_CONFIG_PASSPHRASE: engine["PULUMI_CONFIG_PASSPHRASE"] ?? "" },
    ...(given.inputs && { inputs: given.inputs }),
    ...(given.needs && { needs: given.needs }),
    // The runner of the lab has the engine's programs, as a person's machine has them; its secrets come by the workflow alone.
    env: seesLab
      ? { ...engine, PULUMI_BACKEND_URL: undefined, PULUMI_CONFIG_PASSPHRASE: undefined }
      : { VISION_PLATFORM_CACHE: cacheFolder() },
    uses: {
      "actions/checkout": async () => {
        await where.git("clean", "-qffdx", "-e", "node_modules");
      },
      "actions/setup-node": ({ "node-version-file": file = "" }) =>
        expect(existsSync(path.join(where.folder, file))).toBe(true),
      "actions/setup-go": ({ "go-version-file": file = "" }) =>
        expect(existsSync(path.join(where.folder, file))).toBe(true),
      "actions/cache": ({ path: kept }) => expect(kept).toBe("~/.cache/vision-platform/tools"),
      "actions/upload-artifact": async ({ path: file = "", archive }) => {
        expect(archive).toBe("false");
        uploaded[file] = await readFile(path.join(where.folder, file));
      },
    },
  };
  const done = await runJob(workflow, job, place);
  (ran[`${file} ${name}`] ??= []).push(done);
  return done;
}

/** A run has left what was uploaded last under this name. */
function leave(id: number, file: string, event: string, commit: string, name: string): void {
  host.runs.push({ id, path: file, event, head_branch: "main", head_sha: commit, from: REPOSITORY, run_number: id });
  host.leave(id, name, uploaded[name] ?? "");
}

function merged(): void {
  host.pulls.push({
    number: PULL,
    state: "closed",
    merged_at: "2026-11-30T10:00:00Z",
    merge_commit_sha: COMMITS.merged,
    sha: COMMITS.head,
    branch: "more",
    from: REPOSITORY,
  });
}

/** Changes the stack file in the checkout, as a merge would. */
async function change(at: readonly string[], value: unknown): Promise<void> {
  const file = path.join(checkout.folder, `Pulumi.${STACK}.yaml`);
  const document = parseDocument(await readFile(file, "utf8"));
  document.setIn(["config", ...at], value);
  await writeFile(file, document.toString({ lineWidth: 0 }));
  await checkout.commit(`${at.join(".")}: ${String(value)}`);
}

const VERSIONS = { clearml: ["7.14.7", "7.14.8"], "clearml-agent": ["5.3.3"] };

/** A Helm repository on this machine with the rehearsal's own small charts, of two versions. */
async function chartRepository(): Promise<typeof charts> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-charts-"));
  for (const [name, versions] of Object.entries(VERSIONS)) {
    for (const version of versions) {
      const unpacked = path.join(folder, "unpacked", `${name}-${version}`);
      const chart = await miniatureChart(name, version, path.join(folder, "made"));
      // The folder in an archive has the chart's name alone.
      await cp(chart.path, path.join(unpacked, name), { recursive: true });
      await tar.create({ file: path.join(folder, `${name}-${version}.tgz`), cwd: unpacked, gzip: true }, [name]);
    }
  }
  const entries = Object.fromEntries(
    Object.entries(VERSIONS).map(([name, versions]) => [
      name,
      versions.map((version) => ({ version, urls: [`${name}-${version}.tgz`] })),
    ]),
  );
  await writeFile(path.join(folder, "index.yaml"), stringify({ entries }));
  const server = createServer((request, response) => {
    readFile(path.join(folder, path.basename(request.url ?? ""))).then(
      (body) => response.end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, folder };
}

async function lockOf({ url, folder }: typeof charts): Promise<string> {
  const locked = async (name: string, version: string) => [
    { version, repository: url, digest: `sha256:${await sha256Of(path.join(folder, `${name}-${version}.tgz`))}` },
  ];
  return stringify({
    charts: { clearml: await locked("clearml", "7.14.7"), "clearml-agent": await locked("clearml-agent", "5.3.3") },
  });
}
