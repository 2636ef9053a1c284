import { describe, expect, it } from "vitest";
import { eventOf } from "../../automation/forge/event.ts";
import { markerLine, markerOf } from "../../automation/forge/marker.ts";
import { chosen } from "../../automation/forge/publish.ts";
import { tokenFrom } from "../../automation/forge/token.ts";
import { whereFrom, type PlaceFlags } from "../../automation/forge/where.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const MERGED = "9".repeat(40);

/** What GitHub Actions sets for a pull request. (docs.github.com: variables reference) */
const GITHUB = {
  CI: "true",
  GITHUB_ACTIONS: "true",
  GITHUB_API_URL: "https://api.github.com",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "lab/platform",
  GITHUB_REF: "refs/pull/7/merge",
  GITHUB_SHA: MERGED,
  GITHUB_RUN_ID: "5551",
  GITHUB_RUN_NUMBER: "123",
};
const PULL_EVENT = eventOf({ number: 7, pull_request: { number: 7, head: { sha: SHA } } });

/** Gitea's runner; its addresses end with a slash. (services/actions/context.go of Gitea 1.26, act_runner) */
const GITEA = {
  ...GITHUB,
  GITEA_ACTIONS: "true",
  GITHUB_API_URL: "https://gitea.example/api/v1",
  GITHUB_SERVER_URL: "https://gitea.example/",
  GITHUB_REF: "refs/pull/7/head",
};

/** A pipeline of a merge request. (docs.gitlab.com: predefined variables) */
const GITLAB = {
  CI: "true",
  GITLAB_CI: "true",
  CI_API_V4_URL: "https://gitlab.example/api/v4",
  CI_PROJECT_ID: "42",
  CI_PROJECT_URL: "https://gitlab.example/lab/platform",
  CI_MERGE_REQUEST_PROJECT_ID: "42",
  CI_MERGE_REQUEST_PROJECT_URL: "https://gitlab.example/lab/platform",
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "42",
  CI_MERGE_REQUEST_IID: "5",
  CI_COMMIT_SHA: SHA,
  CI_PIPELINE_IID: "77",
  CI_PIPELINE_URL: "https://gitlab.example/lab/platform/-/pipelines/9001",
};

const place = (env: Record<string, string>, flags: PlaceFlags = {}, event = {}) => whereFrom(env, flags, event);

describe("where a comment goes", () => {
  it.each<[string, Record<string, string>, object, object]>([
    [
      "a pull request of GitHub",
      GITHUB,
      PULL_EVENT,
      {
        host: "github",
        api: "https://api.github.com",
        repository: "lab/platform",
        pull: 7,
        // Not GITHUB_SHA, which is the commit that would be merged.
        sha: SHA,
        run: 123,
        runUrl: "https://github.com/lab/platform/actions/runs/5551",
        isForks: false,
      },
    ],
    ["one without its event", GITHUB, {}, { pull: 7, sha: MERGED }],
    [
      "a GitHub Enterprise Server",
      { ...GITHUB, GITHUB_API_URL: "https://git.example/api/v3", GITHUB_SERVER_URL: "https://git.example" },
      PULL_EVENT,
      { host: "github", api: "https://git.example/api/v3" },
    ],
    [
      "a comment of a pull request",
      { ...GITHUB, GITHUB_REF: "refs/heads/main" },
      eventOf({ issue: { number: 9, pull_request: { url: "x" } } }),
      { pull: 9 },
    ],
    [
      "Gitea",
      GITEA,
      PULL_EVENT,
      {
        host: "gitea",
        api: "https://gitea.example/api/v1",
        pull: 7,
        sha: SHA,
        runUrl: "https://gitea.example/lab/platform/actions/runs/5551",
      },
    ],
    [
      "Gitea with an older runner's address",
      { ...GITEA, GITHUB_API_URL: "" },
      PULL_EVENT,
      { api: "https://gitea.example/api/v1" },
    ],
    ["Forgejo, whose runner is Gitea's too", { ...GITEA, FORGEJO_ACTIONS: "true" }, PULL_EVENT, { host: "forgejo" }],
    [
      "a merge request of GitLab",
      GITLAB,
      {},
      {
        host: "gitlab",
        api: "https://gitlab.example/api/v4",
        repository: "42",
        statusRepository: "42",
        pull: 5,
        sha: SHA,
        run: 77,
        runUrl: "https://gitlab.example/lab/platform/-/pipelines/9001",
        web: "https://gitlab.example/lab/platform/-/merge_requests/5",
        isForks: false,
      },
    ],
    [
      "a merge request from a fork of GitLab",
      { ...GITLAB, CI_PROJECT_ID: "99", CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "99" },
      {},
      { repository: "42", statusRepository: "99", isForks: true },
    ],
    [
      "a pipeline of GitLab's merged results",
      { ...GITLAB, CI_COMMIT_SHA: MERGED, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: SHA },
      {},
      { sha: SHA },
    ],
  ])("is known of %s", (_name, env, event, expected) => {
    expect(place(env, {}, event)).toMatchObject(expected);
  });

  it("is, after another run, what the host tells of that one: its number, commit and branch", () => {
    const event = eventOf({
      workflow_run: {
        run_number: 41,
        head_sha: SHA,
        head_branch: "idea",
        head_repository: { full_name: "somebody/platform", owner: { login: "somebody" } },
        html_url: "https://github.com/lab/platform/actions/runs/4444",
      },
    });
    const env = { ...GITHUB, GITHUB_REF: "refs/heads/main" };
    expect(place(env, {}, event)).toMatchObject({
      pull: { owner: "somebody", repository: "somebody/platform", branch: "idea" },
      sha: SHA,
      run: 41,
      runUrl: "https://github.com/lab/platform/actions/runs/4444",
      isForks: true,
    });
    const own = { ...event, after: event.after && { ...event.after, repository: "lab/platform" } };
    expect(place(env, {}, own).isForks).toBe(false);
  });

  it("is what flags say, before the environment", () => {
    const flags: PlaceFlags = {
      host: "gitea",
      api: "http://127.0.0.1:3000/api/v1/",
      repository: "a/b",
      pull: 1,
      sha: MERGED,
      run: 2,
    };
    expect(place({}, flags)).toMatchObject({ ...flags, api: "http://127.0.0.1:3000/api/v1" });
    expect(place(GITHUB, { pull: 8 }, PULL_EVENT)).toMatchObject({ pull: 8, repository: "lab/platform" });
  });

  it("is said to be missing, all at once and with the flags", () => {
    expect(() => place({})).toThrow(/^Nothing says which host this is for.*--host github --api/);
    expect(() => place({ GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "lab", GITHUB_SHA: "abc" })).toThrow(
      [
        "Nothing says where on GitHub the comment belongs. Add:",
        "  --api: the address of the host's API, https://api.github.com",
        '  --repository: OWNER/NAME, and not "lab"',
        "  --pull: the number of the pull request; this run is of none",
        '  --sha: the commit that the report is about, all 40 characters of its name, and not "abc"',
        "  --run: a number that is higher with each run",
      ].join("\n"),
    );
    expect(() => place({ ...GITHUB, GITHUB_API_URL: "file:///etc" }, {}, PULL_EVENT)).toThrow(/--api: .*not "file/);
  });

  it("is nothing that an event of another kind, or a torn one, makes up", () => {
    for (const event of [null, [], "x", { pull_request: { number: "7; rm", head: {} } }, { issue: { number: 3 } }])
      expect(eventOf(event)).toEqual({});
  });
});

describe("the pull request of a run before", () => {
  const head = { owner: "somebody", repository: "somebody/platform", branch: "idea" };
  it.each([
    [[{ number: 8, sha: SHA }], 8],
    [[], "No open pull request asks to merge somebody:idea."],
    [
      [{ number: 8, sha: MERGED }],
      "somebody:idea has moved on from 0123456789ab: the report of its newest commit is the one to read.",
    ],
  ])("of %j is %j", (pulls, expected) => {
    expect(chosen(pulls, head, SHA)).toBe(expected);
  });
  it("is asked for where there are two", () => {
    const two = [8, 9].map((number) => ({ number, sha: SHA }));
    expect(() => chosen(two, head, SHA)).toThrow(
      "2 open pull requests ask to merge somebody:idea (8, 9): --pull names one.",
    );
  });
});

describe("a token", () => {
  it.each([
    ["github", { GITHUB_TOKEN: "a", GH_TOKEN: "b" }, "GITHUB_TOKEN"],
    ["github", { GH_TOKEN: "b" }, "GH_TOKEN"],
    ["gitea", { GITEA_TOKEN: "a", GITHUB_TOKEN: "b" }, "GITEA_TOKEN"],
    ["forgejo", { GITHUB_TOKEN: "b", FORGEJO_TOKEN: "c" }, "FORGEJO_TOKEN"],
    ["gitlab", { GITLAB_TOKEN: "a", CI_JOB_TOKEN: "b" }, "GITLAB_TOKEN"],
  ] as const)("for %s of %j is that of %s", (host, env, variable) => {
    expect(tokenFrom(host, env).variable).toBe(variable);
  });
  it("that is missing is asked for with where to put it; a job's own of GitLab is none", () => {
    expect(() => tokenFrom("gitlab", { CI_JOB_TOKEN: "b" })).toThrow(/set GITLAB_TOKEN\..*CI_JOB_TOKEN may not write/);
    expect(() => tokenFrom("github", { GITHUB_TOKEN: " " })).toThrow(/set GITHUB_TOKEN or GH_TOKEN/);
    expect(() => tokenFrom("github", { GITHUB_TOKEN: "canary one\ntwo" })).toThrow(
      /^GITHUB_TOKEN is no token: there are blanks/,
    );
  });
});

describe("a marker", () => {
  it.each([
    { stack: "lab", label: undefined, run: 123, sha: SHA },
    { stack: "lab_2.x-y", label: "rehearsed", run: 1, sha: SHA },
  ])("of %j is read as it was written", (marker) => {
    expect(markerOf(`${markerLine(marker)}\n\nwords`)).toEqual(marker);
  });
  it.each([
    ` ${markerLine({ stack: "lab", run: 1, sha: SHA })}`,
    `words ${markerLine({ stack: "lab", run: 1, sha: SHA })}`,
    `<!-- vision-platform:report stack=lab --> run=1 sha=${SHA} -->`,
    `<!-- vision-platform:report stack=lab run=-1 sha=${SHA} -->`,
    `<!-- vision-platform:report stack=lab run=1e9 sha=${SHA} -->`,
  ])("is none in %j", (body) => {
    expect(markerOf(body)).toBeUndefined();
  });
});
