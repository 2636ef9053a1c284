import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { publish } from "../../automation/forge/publish.ts";
import type { Place } from "../../automation/forge/where.ts";
import { markerLine, markerOf } from "../../automation/forge/marker.ts";
import { COMMIT, FORK, PULL, REPOSITORY, startForge, type Account, type Forge } from "../forges/forge-stand-in.ts";
import { PROJECT, startGitlab } from "../forges/gitlab-stand-in.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../..");
const TOKEN = "canary-token-9f2";
const TIMEOUT_MS = 120_000;

let folder: string;
let forge: Forge;

const REPORT = {
  ...{ stack: "lab", verdict: "Careful: a volume grows. 1 object changes, no rollouts.", findings: [], waiting: [] },
  ...{ counts: { CVAT: { update: 1 } }, unchanged: 200, restarts: [], images: [], moved: [], objects: [], fixes: [] },
  warnings: [],
};
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-comment-"));
  await writeFile(file("preview.json"), JSON.stringify(REPORT));
  await writeFile(
    file("hostile.json"),
    JSON.stringify({
      ...REPORT,
      stack: "other",
      verdict: `${markerLine({ stack: "other", run: 9, sha: COMMIT })} @all`,
    }),
  );
  await writeFile(file("preview.md"), "## Preview of lab\n\n**Routine&#58; nothing changes&#46;**\n");
  const pull = { number: PULL, pull_request: { number: PULL, head: { sha: COMMIT } } };
  await writeFile(file("pull.json"), JSON.stringify(pull));
  const run = {
    run_number: 41,
    head_sha: FORK.sha,
    head_branch: FORK.branch,
    head_repository: { full_name: FORK.repository, owner: { login: "somebody" } },
  };
  await writeFile(file("after.json"), JSON.stringify({ workflow_run: run }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  forge = await startForge({ kind: "github", tokens: { [TOKEN]: { login: "github-actions[bot]", maySayWho: false } } });
});
afterEach(() => forge.end());

/** What GitHub sets, and nothing of the machine that runs the tests. */
const actions = (event: string, more: Record<string, string> = {}) => ({
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(GITHUB|GITEA|FORGEJO|GITLAB|CI)(_|$)|^GH_TOKEN$|_PROXY$/i.test(name))
      .map((name) => [name, ""]),
  ),
  GITHUB_ACTIONS: "true",
  GITHUB_API_URL: forge.api,
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: REPOSITORY,
  GITHUB_SHA: "9".repeat(40),
  GITHUB_RUN_ID: "5551",
  GITHUB_RUN_NUMBER: "123",
  GITHUB_EVENT_PATH: file(event),
  GITHUB_TOKEN: TOKEN,
  ...more,
});

/** The verb as a job runs it. */
async function comment(env: Record<string, string>, ...args: string[]) {
  const { stdout, stderr, exitCode } = await execa(process.execPath, ["automation/bin.mjs", "comment", ...args], {
    cwd: PROGRAM,
    env,
    reject: false,
    stdin: "ignore",
  });
  expect(stdout + stderr).not.toContain(TOKEN);
  expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  return { stdout, stderr, exitCode };
}

describe("the verb in a job of GitHub", { timeout: TIMEOUT_MS }, () => {
  it("posts the comment and the status, and updates them in the next run", async () => {
    const args = ["--stack", "lab", "--report", file("preview.json"), "--json"];
    const first = await comment(actions("pull.json"), ...args);
    expect(first).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^… Posting the report of lab to lab\/platform on GitHub\n✓ /) as string,
    });
    const shown = JSON.parse(first.stdout) as Record<string, unknown>;
    expect(shown).toMatchObject({
      stack: "lab",
      host: "github",
      pull: PULL,
      run: 123,
      outcome: "posted",
      removed: [],
      comment: { id: 100 },
    });
    expect(forge.statuses).toEqual([
      { sha: COMMIT, state: "success", context: "vision-platform/lab", description: REPORT.verdict },
    ]);
    const again = await comment(actions("pull.json", { GITHUB_RUN_NUMBER: "124" }), ...args.slice(0, -1));
    expect(again.exitCode).toBe(0);
    expect(again.stdout.split("\n")).toEqual([
      `lab: Updated on #7: https://forge.example/lab/platform/pull/7#issuecomment-100`,
      `Status vision-platform/lab: success, "${REPORT.verdict}".`,
    ]);
    expect(forge.comments.map(({ body }) => markerOf(body)?.run)).toEqual([124]);
    const older = await comment(actions("pull.json"), ...args.slice(0, -1), "--no-status");
    expect(older.exitCode).toBe(0);
    expect(older.stdout).toContain("lab: Left as it is on #7");
    expect(older.stdout).toContain("The report of run 124 is there, which is newer than run 123.");
    expect(forge.comments[0]?.body).toMatch(
      /^<!-- vision-platform:report stack=lab run=124 sha=0123.* -->\n\n## Preview of lab\n/,
    );
    expect(forge.comments[0]?.body).toMatch(
      /<sub>Of 0123456789ab, by \[run 124\]\(https:\/\/github\.com\/lab\/platform\/actions\/runs\/5551\)\.<\/sub>$/,
    );
  });

  it("posts a fork's report where the run before says, as the fork's own word, and sets no status", async () => {
    const { exitCode, stdout } = await comment(
      actions("after.json"),
      "--stack",
      "lab",
      "--report",
      file("hostile.json"),
      "--json",
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: "lab", pull: FORK.number, run: 41, outcome: "posted" });
    const [{ body, html_url } = { body: "", html_url: "" }, ...more] = forge.comments;
    expect(more).toEqual([]);
    expect(html_url).toContain("/pull/8#");
    expect(markerOf(body)).toMatchObject({ stack: "lab", run: 41, sha: FORK.sha });
    expect(body).toContain("fork's own word");
    expect(body.match(/<!--/g)).toHaveLength(1);
    expect(forge.statuses).toEqual([]);
    const markdown = await comment(actions("after.json"), "--stack", "lab", "--report", file("preview.md"));
    expect(markdown).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining("is not JSON") as string,
    });
  });

  it("only prints with --dry-run, and needs no token for it", async () => {
    const env = actions("pull.json", { GITHUB_TOKEN: "" });
    const { stdout, exitCode } = await comment(env, "--stack", "lab", "--report", file("preview.md"), "--dry-run");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Would be posted to lab\/platform #7 on GitHub, as run 123\. With the status vision-platform\/lab: success, "Routine: nothing changes\."\.\n\n<!-- vision/,
    );
    expect(forge.asked).toEqual([]);
  });

  it("says everything that is wrong with it at once", async () => {
    const env = actions("none.json", { GITHUB_TOKEN: "", GITHUB_SHA: "" });
    const { stderr, exitCode, stdout } = await comment(env, "--stack", "la b", "--report", file("none.md"), "--json");
    expect(exitCode).toBe(2);
    for (const words of ["--stack la b: letters", "--pull: the number", "--sha: the commit", "none.md is not there"])
      expect(stderr).toContain(words);
    expect((JSON.parse(stdout) as { problems: string[] }).problems.length).toBeGreaterThan(2);
    const other = await comment(actions("pull.json"), "--stack", "small", "--report", file("preview.json"));
    expect(other).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("is of lab, and --stack says small") as string,
    });
    expect(forge.comments).toEqual([]);
  });

  it("goes by the proxies of the environment", async () => {
    const through: string[] = [];
    const proxy: Server = createServer().on("connect", (request, socket) => {
      through.push(request.url ?? "");
      const other = connect(Number(new URL(forge.url).port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        other.pipe(socket).pipe(other);
      });
      socket.on("error", () => other.destroy());
      other.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", () => resolve()));
    try {
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const env = actions("pull.json", { GITHUB_API_URL: "http://github.invalid", HTTP_PROXY: url, HTTPS_PROXY: url });
      expect(await comment(env, "--stack", "lab", "--report", file("preview.json"))).toMatchObject({ exitCode: 0 });
      expect(new Set(through)).toEqual(new Set(["github.invalid:80"]));
      expect(forge.comments).toHaveLength(1);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it("ends when it is told to, and says what to do", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", () => resolve()));
    try {
      const asked = new Promise<void>((resolve) => void silent.once("request", () => resolve()));
      const api = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const job = execa(
        process.execPath,
        ["automation/bin.mjs", "comment", "--stack", "lab", "--report", file("preview.json")],
        {
          cwd: PROGRAM,
          env: actions("pull.json", { GITHUB_API_URL: api }),
          reject: false,
          stdin: "ignore",
        },
      );
      await asked;
      job.kill("SIGTERM");
      expect(await job).toMatchObject({
        exitCode: 143,
        stderr: expect.stringContaining("run it again, which settles it") as string,
      });
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });
});

describe("what a host does not do is said with its cure", () => {
  const report = {
    marker: { stack: "lab", run: 1, sha: COMMIT },
    text: `${markerLine({ stack: "lab", run: 1, sha: COMMIT })}\n\nwords`,
  };
  const status = { state: "success", context: "vision-platform/lab", description: "Routine.", url: undefined } as const;
  const placeOf = (api: string, more: Partial<Place> = {}): Place => ({
    ...{ host: "gitea", api, repository: REPOSITORY, statusRepository: REPOSITORY, pull: PULL, sha: COMMIT, run: 1 },
    ...{ runUrl: undefined, web: undefined, isForks: false },
    ...more,
  });
  const token = { value: TOKEN, variable: "GITEA_TOKEN" };

  interface Case {
    kind: "github" | "gitea";
    account?: Partial<Account>;
    state?: Partial<Forge["state"]>;
    place?: Partial<Place>;
    token?: string;
  }
  it.each<[string, Case, RegExp]>([
    [
      "an unknown token",
      { kind: "gitea", token: "old" },
      /answers 401 to GET \/user.*\n.*does not know the token in GITEA_TOKEN/,
    ],
    [
      "GitHub's unknown token",
      { kind: "github", token: "old" },
      /answers 401 .*Bad credentials\n.*GitHub does not know the token/,
    ],
    [
      "a scope that is missing",
      { kind: "gitea", account: { mayComment: false } },
      /answers 403 .*write:issue.*\n.*It needs the scopes write:issue and read:user/,
    ],
    [
      "GitHub's token of a fork",
      { kind: "github", account: { mayComment: false } },
      /answers 403 .*not accessible by integration\n.*pull-requests: write.*A run of a fork has a token that only reads/,
    ],
    [
      "no such repository",
      { kind: "gitea", place: { repository: "lab/none" } },
      /answers 404 .*\n.*There is no lab\/none #7, or the token/,
    ],
    [
      "no such pull request, of which Gitea says 500",
      { kind: "gitea", place: { pull: 99 } },
      /answers 500 .*\n.*lab\/platform has no pull request 99: --pull/,
    ],
    [
      "no such pull request on GitHub",
      { kind: "github", place: { pull: 99 } },
      /answers 404 .*\n.*There is no lab\/platform #99/,
    ],
    [
      "a locked conversation",
      { kind: "gitea", account: { isReader: true }, state: { isLocked: true } },
      /answers 403 .*locked conversation.*\n.*unlock it/,
    ],
    [
      "GitHub's locked conversation",
      { kind: "github", account: { isReader: true }, state: { isLocked: true } },
      /answers 403 .*issue is locked.*\n.*unlock it/,
    ],
    [
      "an archived repository",
      { kind: "gitea", state: { isArchived: true } },
      /answers 423 .*\n.*is archived, and nothing can be written/,
    ],
    [
      "GitHub's archived repository",
      { kind: "github", state: { isArchived: true } },
      /answers 403 .*\n.*is archived, and nothing can be written/,
    ],
    [
      "a status that the token may not set",
      { kind: "gitea", account: { maySetStatus: false } },
      /^The comment is there \(https:.*\), and the status is not set:\n.*answers 403 .*\n.*write:repository\.\n {2}--no-status/,
    ],
    [
      "a commit that is not there, of which Gitea says 500",
      { kind: "gitea", place: { sha: "9".repeat(40) } },
      /The comment is there .*\n.*answers 500 .*\n.*has no such commit: --sha/,
    ],
  ])("%s", async (_name, { kind, account, state, place, token: value }, words) => {
    const one = await startForge({ kind, tokens: { [TOKEN]: { login: "ci", ...account } } });
    Object.assign(one.state, state);
    try {
      const own = { ...token, value: value ?? TOKEN };
      const error: unknown = await publish({
        place: placeOf(one.api, { host: kind, ...place }),
        token: own,
        report,
        status,
        firstPauseMs: 5,
      }).catch((problem: unknown) => problem);
      expect(error).toMatchObject({ name: "UserError", exitCode: 1 });
      expect((error as Error).message).toMatch(words);
      expect((error as Error).message).not.toContain(TOKEN);
    } finally {
      await one.end();
    }
  });

  it("GitLab's unknown token, and a merge request that is not there", async () => {
    const one = await startGitlab({ [TOKEN]: { username: "bot" } });
    try {
      const place = placeOf(one.api, { host: "gitlab", repository: PROJECT, statusRepository: PROJECT, pull: 99 });
      const said = (value: string) =>
        publish({ place, token: { value, variable: "GITLAB_TOKEN" }, report, status, firstPauseMs: 5 });
      await expect(said("old")).rejects.toThrow(/GitLab answers 401 .*\n.*does not know the token in GITLAB_TOKEN/);
      await expect(said(TOKEN)).rejects.toThrow(/answers 404 .*\n.*There is no 42 !99, or the token in GITLAB_TOKEN/);
    } finally {
      await one.end();
    }
  });

  it("nobody that answers", async () => {
    const place = placeOf(`http://127.0.0.1:${await getPort()}/api/v1`);
    await expect(publish({ place, token, report, status, firstPauseMs: 5 })).rejects.toThrow(
      /no answer \(ECONNREFUSED\)\n.*HTTP_PROXY/,
    );
  });
});
