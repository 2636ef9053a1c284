import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { github } from "../../automation/forge/github.ts";
import { markerLine, markerOf } from "../../automation/forge/marker.ts";
import { oneComment } from "../../automation/forge/one-comment.ts";
import { publish } from "../../automation/forge/publish.ts";
import type { Place } from "../../automation/forge/where.ts";
import { jobOf, startGitea, type Gitea } from "../forges/gitea.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../..");

let gitea: Gitea;
let folder: string;
/** Tokens: of the owner; of a bot that may write, with and without the right to say who it is; of a reader. */
let owner: string, bot: string, shy: string, reader: string;
let sha: string;

interface Comment {
  id: number;
  body: string;
  user: { login: string };
}

beforeAll(async () => {
  gitea = await startGitea();
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-gitea-test-"));
  owner = await gitea.token("lab", "all");
  bot = await gitea.token("bot", "write:issue,write:repository,read:user");
  shy = await gitea.token("bot", "write:issue,write:repository");
  reader = await gitea.token("reader", "write:issue,read:user");
  sha = await repository("platform");
});
afterAll(async () => {
  await gitea.end();
  await rm(folder, { recursive: true, force: true });
});

/** A repository with the pull request 1, and the newest commit of that. */
async function repository(name: string): Promise<string> {
  const repo = `/repos/lab/${name}`;
  await gitea.ask(owner, "POST", "/user/repos", { name, auto_init: true, default_branch: "main" });
  await gitea.ask(owner, "PUT", `${repo}/collaborators/bot`, { permission: "write" });
  await gitea.ask(owner, "POST", `${repo}/branches`, { new_branch_name: "more" });
  const content = Buffer.from("more\n").toString("base64");
  await gitea.ask(owner, "POST", `${repo}/contents/more.md`, { branch: "more", content, message: "More" });
  const pull = await gitea.ask<{ number: number; head: { sha: string } }>(owner, "POST", `${repo}/pulls`, {
    head: "more",
    base: "main",
    title: "More",
  });
  expect(pull.number).toBe(1);
  return pull.head.sha;
}

const place = (more: Partial<Place> = {}): Place => ({
  ...{
    host: "gitea",
    api: gitea.api,
    repository: "lab/platform",
    statusRepository: "lab/platform",
    pull: 1,
    sha,
    run: 1,
  },
  ...{ runUrl: undefined, web: undefined, isForks: false },
  ...more,
});
const report = (run: number, stack = "lab", words = `run ${run}`) => {
  const marker = { stack, run, sha };
  return { marker, text: `${markerLine(marker)}\n\n## Preview of ${stack}\n\n${words}` };
};
const hostAs = (token: string, pull = 1, repo = "lab/platform") =>
  github({ host: "gitea", api: gitea.api, repository: repo, token }, pull);
const comments = (repo = "lab/platform") => gitea.ask<Comment[]>(owner, "GET", `/repos/${repo}/issues/1/comments`);
const own = async (stack = "lab") => (await comments()).filter(({ body }) => markerOf(body)?.stack === stack);

describe("a comment on a real Gitea", () => {
  it("is posted, found among others, updated, and left by an older run", async () => {
    for (let at = 0; at < 60; at++)
      await gitea.ask(owner, "POST", "/repos/lab/platform/issues/1/comments", {
        body: at === 5 ? report(99).text : `${at}`,
      });
    const outcomes: string[] = [];
    for (const run of [1, 2, 1]) outcomes.push((await oneComment(hostAs(bot), report(run))).outcome);
    expect(outcomes).toEqual(["posted", "updated", "left"]);
    const mine = (await own()).filter(({ user }) => user.login === "bot");
    expect(mine.map(({ body }) => body)).toEqual([report(2).text]);
    // Somebody else's with our marker is somebody else's.
    expect((await own()).filter(({ user }) => user.login === "lab")).toHaveLength(1);
  });

  it("is one, whatever two and six runners do at once", async () => {
    for (let round = 0; round < 15; round++) {
      const stack = `pair-${round}`;
      await Promise.all([1, 2].map((run) => oneComment(hostAs(bot), report(run, stack))));
      expect(await own(stack), stack).toHaveLength(1);
    }
    for (let round = 0; round < 3; round++) {
      const stack = `six-${round}`;
      await Promise.all([1, 2, 3, 4, 5, 6].map((run) => oneComment(hostAs(bot), report(run, stack))));
      expect(await own(stack), stack).toHaveLength(1);
    }
  });

  it("is one for a token that may not say who it is", async () => {
    for (const run of [1, 2]) {
      const { isNamed } = await oneComment(hostAs(shy), report(run, "shy"));
      expect(isNamed).toBe(false);
    }
    expect((await own("shy")).map(({ body }) => markerOf(body)?.run)).toEqual([2]);
  });

  it("is rendered without its marker", async () => {
    const html = await gitea
      .ask<Comment[]>(owner, "GET", "/repos/lab/platform/issues/1/comments")
      .then(() =>
        fetch(`${gitea.url}/api/v1/markdown`, {
          method: "POST",
          headers: { authorization: `token ${owner}`, "content-type": "application/json" },
          body: JSON.stringify({ Text: report(1).text, Mode: "gfm" }),
        }),
      )
      .then((answer) => answer.text());
    expect(html).toContain("Preview of lab");
    expect(html).not.toContain("vision-platform:report");
  });

  it("and its status come from a job, by the verb", async () => {
    const plan = {
      ...{
        stack: "verb",
        verdict: "Careful: a volume grows. 1 object changes, no rollouts.",
        findings: [],
        waiting: [],
      },
      ...{ counts: {}, unchanged: 1, restarts: [], images: [], moved: [], objects: [], fixes: [], warnings: [] },
    };
    const file = path.join(folder, "preview.json");
    const event = path.join(folder, "event.json");
    await writeFile(file, JSON.stringify(plan));
    await writeFile(event, JSON.stringify({ pull_request: { number: 1, head: { sha } } }));
    const env = { ...jobOf(gitea, 3, bot), GITHUB_EVENT_PATH: event };
    const args = ["automation/bin.mjs", "comment", "--stack", "verb", "--report", file, "--json"];
    const { stdout, stderr, exitCode } = await execa(process.execPath, args, { cwd: PROGRAM, env, reject: false });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout + stderr).not.toContain(bot);
    expect(JSON.parse(stdout)).toMatchObject({ host: "gitea", pull: 1, outcome: "posted", run: 3 });
    expect(await own("verb")).toHaveLength(1);
    const statuses = await gitea.ask<{ context: string; status: string; description: string }[]>(
      owner,
      "GET",
      `/repos/lab/platform/statuses/${sha}`,
    );
    expect(statuses).toMatchObject([{ context: "vision-platform/verb", status: "success", description: plan.verdict }]);
  });
});

describe("what a real Gitea does not do is said with its cure", () => {
  let calls = 0;
  // Each of a stack of its own: a comment that is there already needs no right to be written.
  const said = (token: string, more: Partial<Place> = {}) =>
    publish({
      place: place(more),
      token: { value: token, variable: "GITEA_TOKEN" },
      report: report(1, `refused-${calls++}`),
      status: { state: "success", context: "vision-platform/refused", description: "Routine.", url: undefined },
    }).then(
      () => "done",
      (error: unknown) => (error as Error).message,
    );

  it("a pull request, a repository, a commit that are not there", async () => {
    expect(await said(bot, { pull: 99 })).toMatch(/answers 500 .*\n.*lab\/platform has no pull request 99/);
    expect(await said(bot, { repository: "lab/none" })).toMatch(/answers 404 .*\n.*There is no lab\/none #1/);
    expect(await said(bot, { sha: "9".repeat(40) })).toMatch(/The comment is there .*\n.*\n.*no such commit/);
  });

  it("tokens that it does not know, or that may not", async () => {
    expect(await said("f".repeat(40))).toMatch(/answers 401 .*\n.*does not know the token in GITEA_TOKEN/);
    const narrow = await gitea.token("bot", "read:issue,read:user");
    expect(await said(narrow)).toMatch(/answers 403 .*write:issue.*\n.*It needs the scopes write:issue/);
    const noStatus = await gitea.token("bot", "write:issue,read:user");
    expect(await said(noStatus)).toMatch(/The comment is there .*\n.*answers 403 .*\n.*write:repository/);
  });

  it("a locked conversation, for a reader, and an archived repository", async () => {
    await repository("closed");
    await gitea.ask(owner, "PUT", "/repos/lab/closed/issues/1/lock", {});
    const closed = { repository: "lab/closed" };
    expect(await said(reader, closed)).toMatch(/answers 403 .*\n.*locked: unlock it/);
    await oneComment(hostAs(bot, 1, "lab/closed"), report(1));
    expect(await comments("lab/closed")).toHaveLength(1);
    await gitea.ask(owner, "PATCH", "/repos/lab/closed", { archived: true });
    expect(await said(bot, closed)).toMatch(/answers 423 .*\n.*is archived/);
  });
});
