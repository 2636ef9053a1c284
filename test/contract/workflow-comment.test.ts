import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { COMMIT, FORK, PULL, startForge, type Forge } from "../forges/forge-stand-in.ts";
import { freshCheckout, type Checkout } from "../workflows/checkout.ts";
import { ACTIONS, REPOSITORY, startHost, TOKEN, type StandInHost } from "../workflows/host.ts";
import { reportOf } from "../workflows/report.ts";
import { everyScriptHasRun } from "../workflows/run-by.ts";
import { runJob, type RanJob } from "../workflows/runner.ts";
import { readWorkflow } from "../workflows/workflow.ts";

/** The workflow that posts what preview.yml has left, run step by step in a fresh checkout, with what a fork may have left for it. */

const FILE = ".github/workflows/preview-comment.yml";
const TIMEOUT_MS = 240_000;
const RUN = 71;

let checkout: Checkout;
let host: StandInHost;
let forge: Forge;
const ran: RanJob[] = [];

beforeAll(async () => {
  checkout = await freshCheckout();
}, TIMEOUT_MS);
afterAll(() => checkout.remove());
beforeEach(async () => {
  host = await startHost();
  forge = await startForge({ kind: "github", tokens: { [TOKEN]: { login: ACTIONS, maySayWho: false } } });
  host.beside = forge.api;
});
afterEach(async () => {
  host.close();
  await forge.end();
});

/** The workflow after a run of the preview: of this repository's branch, or of a fork's. */
async function afterRun(from: "branch" | "fork", file = ".github/workflows/preview.yml"): Promise<RanJob> {
  const [sha, branch, repository] =
    from === "fork" ? [FORK.sha, FORK.branch, FORK.repository] : [COMMIT, "more", REPOSITORY];
  host.runs.push({
    id: RUN,
    path: file,
    event: "pull_request",
    head_branch: branch,
    head_sha: sha,
    from: repository,
    run_number: 12,
  });
  const workflow = readWorkflow(FILE);
  const { comment } = workflow.jobs;
  if (!comment) throw new Error(`${FILE} has no job comment`);
  const job = await runJob(workflow, comment, {
    folder: checkout.folder,
    github: {
      api_url: host.api,
      server_url: "https://forge.example",
      repository: REPOSITORY,
      sha: "e".repeat(40),
      ref: "refs/heads/main",
      ref_name: "main",
      event_name: "workflow_run",
      run_id: "500",
      run_number: "40",
      token: TOKEN,
      "event.workflow_run.id": String(RUN),
      "event.workflow_run.event": "pull_request",
      "event.workflow_run.head_branch": branch,
      "event.workflow_run.head_repository.full_name": repository,
    },
    event: {
      workflow_run: {
        id: RUN,
        run_number: 12,
        head_sha: sha,
        head_branch: branch,
        head_repository: { full_name: repository, owner: { login: repository.split("/")[0] } },
        html_url: `https://forge.example/${REPOSITORY}/actions/runs/${RUN}`,
      },
    },
    // The full test has the real `npm ci`.
    env: { PATH: await checkout.pathWithPackages() },
    uses: {
      "actions/checkout": ({ ref, "persist-credentials": persist }) =>
        expect({ ref, persist }).toEqual({ ref: undefined, persist: "false" }),
      "actions/setup-node": ({ "node-version-file": versions = "" }) =>
        expect(existsSync(path.join(checkout.folder, versions))).toBe(true),
    },
  });
  ran.push(job);
  return job;
}
const outcomes = ({ steps }: RanJob) =>
  steps
    .filter(({ title }) => title.includes(" "))
    .map(({ outcome }) => outcome)
    .join();
const logOf = ({ steps }: RanJob) => steps.map(({ log }) => log).join("\n");

it(
  "a branch's two reports are two comments of the pull request, and the verdict is its status",
  { timeout: TIMEOUT_MS },
  async () => {
    host.leave(RUN, "rehearsal-homelab.json", reportOf());
    host.leave(
      RUN,
      "preview-homelab.json",
      reportOf({ verdict: "Careful: a volume grows. 1 object changes, no rollouts." }),
    );
    const job = await afterRun("branch");
    expect(job.conclusion, logOf(job)).toBe("success");
    expect(forge.comments.map(({ body }) => body.split("\n")[0])).toEqual([
      `<!-- vision-platform:report stack=homelab label=rehearsal run=12 sha=${COMMIT} -->`,
      `<!-- vision-platform:report stack=homelab run=12 sha=${COMMIT} -->`,
    ]);
    expect(forge.comments[0]?.html_url).toContain(`/pull/${PULL}#`);
    expect(forge.statuses.map(({ context, state }) => `${context} ${state}`)).toEqual([
      "vision-platform/homelab/rehearsal success",
      "vision-platform/homelab success",
    ]);
  },
);

it(
  "a fork's is posted as the fork's word, at its own pull request, with nothing of its text alive",
  { timeout: TIMEOUT_MS },
  async () => {
    const marker = `<!-- vision-platform:report stack=other run=99999 sha=${COMMIT} -->`;
    const verdict = `${marker} @maintainer <img src=x onerror=alert(1)> [go](https://evil.example) \`\`\``;
    host.leave(RUN, "rehearsal-homelab.json", reportOf({ stack: "other", verdict, warnings: [marker] }));
    const job = await afterRun("fork");
    expect(job.conclusion, logOf(job)).toBe("success");
    const [posted, ...more] = forge.comments;
    expect(more).toEqual([]);
    expect(posted?.html_url).toContain(`/pull/${FORK.number}#`);
    expect(posted?.body.split("\n")[0]).toBe(
      `<!-- vision-platform:report stack=homelab label=rehearsal run=12 sha=${FORK.sha} -->`,
    );
    expect(posted?.body).toContain("made by the run of a fork");
    expect(posted?.body.slice(10)).not.toMatch(
      /<!-- vision-platform:report stack=other|@maintainer|<img|\]\(https:\/\/evil/,
    );
    expect(forge.statuses).toEqual([]);
  },
);

it.each<[string, () => void, RegExp]>([
  [
    "is larger than a report",
    () => host.leave(RUN, "rehearsal-homelab.json", Buffer.alloc(50_000_000, "x")),
    /has 50000000 bytes; at most 8388608 are taken/,
  ],
  [
    "says that it is small, and is not",
    () => host.leave(RUN, "rehearsal-homelab.json", Buffer.alloc(50_000_000, "x"), { says: 10 }),
    /sends more than 8388608 bytes/,
  ],
  [
    "is an archive with a path that climbs out",
    () => host.leave(RUN, "rehearsal-homelab.json", "PK\u0003\u0004../../../.bashrc"),
    /is an archive, where the file itself is expected/,
  ],
  [
    "is Markdown",
    () => host.leave(RUN, "rehearsal-homelab.json", `## Preview of homelab\n\n**Routine.** @maintainer\n`),
    /is not JSON/,
  ],
  [
    "is JSON of something else",
    () => host.leave(RUN, "rehearsal-homelab.json", '{"stack":"homelab","__proto__":{"verdict":"ok"}}'),
    /is no report of/,
  ],
])(
  "what a fork left is refused where it %s, and nothing is posted",
  { timeout: TIMEOUT_MS },
  async (_, leave, problem) => {
    leave();
    const job = await afterRun("fork");
    expect(job.conclusion).toBe("failure");
    expect(logOf(job)).toMatch(problem);
    expect(logOf(job)).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect([forge.comments, forge.statuses]).toEqual([[], []]);
    expect(existsSync(path.join(checkout.folder, "../.bashrc"))).toBe(false);
  },
);

it.each<[string, string, string]>([
  ["another workflow that calls itself preview", "rehearsal-homelab.json", ".github/workflows/evil.yml"],
  ["a run that left something under another name", "../../rehearsal-homelab.json", ".github/workflows/preview.yml"],
])("%s posts nothing, and that is no failure", { timeout: TIMEOUT_MS }, async (_, name, file) => {
  host.leave(RUN, name, reportOf());
  const job = await afterRun("fork", file);
  expect(job.conclusion, logOf(job)).toBe("success");
  expect(outcomes(job)).toContain("skipped");
  expect(forge.comments).toEqual([]);
});

it("no token stands in what was printed, and every script of the workflow has run", async () => {
  expect(ran.map(logOf).join("\n")).not.toContain(TOKEN);
  everyScriptHasRun("test/contract/workflow-comment.test.ts", { "preview-comment.yml comment": ran });
  expect(await readFile(path.join(checkout.folder, ".node-version"), "utf8")).toMatch(/^\d+\.\d+\.\d+\n$/);
});
