import { readFileSync } from "node:fs";
import path from "node:path";
import { execaSync } from "execa";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { commandTree } from "../../automation/program.ts";
import { RUN_BY } from "../workflows/run-by.ts";
import { commandsOf, problemsWith } from "../workflows/commands.ts";
import { ROOT, titleOf, workflowsIn, type Job } from "../workflows/workflow.ts";

/** The most that a job may; a right that is not here is too many. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, "read" | "write">>>> = {
  "preview.yml rehearsal": { contents: "read" },
  "preview.yml lab": { contents: "read" },
  "preview-comment.yml comment": { actions: "read", contents: "read", "pull-requests": "write", statuses: "write" },
  "deploy.yml reviewed": { actions: "read", contents: "read", "pull-requests": "write" },
  "deploy.yml approved": { actions: "read", contents: "read" },
  "deploy.yml by-hand": { actions: "read", contents: "read" },
  "drift.yml drift": { contents: "read", issues: "write" },
  "newest.yml newest": { contents: "read", issues: "write" },
};
/** Jobs that see the lab's secrets. Whatever a stranger can start is not here. */
const WITH_SECRETS = [
  "preview.yml lab",
  "deploy.yml reviewed",
  "deploy.yml approved",
  "deploy.yml by-hand",
  "drift.yml drift",
];

const GITHUB = ".github/workflows";
const FORGEJO = "docs/ci/forgejo";
const github = workflowsIn(GITHUB);
const all = [...github, ...workflowsIn(FORGEJO)];
const jobsOf = (files: typeof all): [string, Job, string][] =>
  files.flatMap(([file, { jobs }]) =>
    Object.entries(jobs).map(([name, job]): [string, Job, string] => [`${path.basename(file)} ${name}`, job, file]),
  );

describe.each(all)("%s", (file, workflow) => {
  const text = readFileSync(path.join(ROOT, file), "utf8");

  it("pins each action to a commit, with its version beside it", () => {
    const used = [...text.matchAll(/^ *(?:- )?uses: (.*)$/gm)].map(([, what = ""]) => what);
    expect(used).not.toEqual([]);
    expect(
      used.filter((what) => !/^(https:\/\/[\w.]+\/)?[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what)),
    ).toEqual([]);
  });

  it("puts nothing that somebody else may have written into a script", () => {
    const scripts = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  });

  it("has no script of more than three lines: what is longer is a verb", () => {
    const scripts = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.filter((script) => script.trim().split("\n").length > 3)).toEqual([]);
  });

  it("runs verbs that are there, with flags that they take", () => {
    const scripts = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.flatMap(commandsOf).flatMap((words) => problemsWith(commandTree(), words))).toEqual([]);
  });

  it("takes away every right, and leaves no credentials in the checkout", () => {
    expect(workflow.permissions).toEqual({});
    const checkouts = Object.values(workflow.jobs).flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses?.includes("/checkout@")),
    );
    expect(checkouts).not.toEqual([]);
    expect(checkouts.map((step) => step.with["persist-credentials"])).toEqual(checkouts.map(() => "false"));
    // Of a pull request's own choosing nothing is checked out where rights are given.
    expect(checkouts.filter((step) => step.with["ref"] !== undefined || step.with["repository"] !== undefined)).toEqual(
      [],
    );
  });

  it("ends: each job has a time limit", () => {
    expect(Object.values(workflow.jobs).filter((job) => job["timeout-minutes"] === undefined)).toEqual([]);
  });
});

describe("the jobs", () => {
  it("may what they need, and no more", () => {
    const wider = jobsOf(github).flatMap(([name, { permissions }]) =>
      Object.entries(permissions ?? { "every right": "write" })
        .filter(([right, level]) => level !== "none" && ALLOWED[name]?.[right] !== level)
        .map(([right, level]) => `${name}: ${right}: ${level}`),
    );
    expect(wider).toEqual([]);
    expect(
      jobsOf(github)
        .map(([name]) => name)
        .sort(),
    ).toEqual(Object.keys(ALLOWED).sort());
  });

  it("that a stranger can start see no secret, and a step alone has it, not the job", () => {
    const seeing = jobsOf(github).filter(([, { steps }]) => JSON.stringify(steps).includes("secrets."));
    expect(seeing.map(([name]) => name).sort()).toEqual([...WITH_SECRETS].sort());
    expect(jobsOf(github).filter(([, job]) => JSON.stringify({ ...job, steps: [] }).includes("secrets."))).toEqual([]);
    for (const [file, workflow] of github) expect(JSON.stringify(workflow.env), file).not.toContain("secrets.");
  });

  it("that see the lab run for no fork and no bot", () => {
    const [, lab] = jobsOf(github).find(([name]) => name === "preview.yml lab") ?? [];
    expect(lab?.if).toContain("github.event.pull_request.head.repo.full_name == github.repository");
    expect(lab?.if).toContain("github.event.pull_request.user.type != 'Bot'");
  });

  it("that work on the lab take turns", () => {
    const groups = jobsOf(github)
      .filter(([, { steps }]) => steps.some(({ run }) => /platform -- (up|recover|drift)\b/.test(run ?? "")))
      .map(([, { concurrency }]) => concurrency);
    expect(new Set(groups.map((group) => JSON.stringify(group))).size).toBe(1);
    expect(groups[0]).toEqual({ group: expect.stringMatching(/^lab-/) as string, "cancel-in-progress": false });
  });

  it("have every script of theirs run by a test", () => {
    const scripts = jobsOf(all).flatMap(([name, { steps }, file]) =>
      steps.flatMap((step) => (step.run === undefined ? [] : [`${path.dirname(file)}/${name}: ${titleOf(step)}`])),
    );
    const byTests = Object.entries(RUN_BY).flatMap(([test, jobs]) => jobs.map((job) => ({ test, job })));
    expect(scripts.filter((script) => !byTests.some(({ job }) => script.startsWith(`${job}: `)))).toEqual([]);
    // The tests hold their own part of the table: at their end each script of a job must have run.
    for (const { test } of byTests) expect(readFileSync(path.join(ROOT, test), "utf8")).toContain("everyScriptHasRun(");
  });
});

describe("docs/ci/gitlab/.gitlab-ci.yml", () => {
  const text = readFileSync(path.join(ROOT, "docs/ci/gitlab/.gitlab-ci.yml"), "utf8");
  const content = parse(text) as Record<
    string,
    { script?: string[]; tags?: string[]; resource_group?: string; rules?: { if: string }[] }
  >;
  const jobs = Object.entries(content).filter(([, { script }]) => script !== undefined);
  const scripts = jobs.flatMap(([, { script = [] }]) => script);

  it("runs verbs that are there, with flags that they take", () => {
    expect(scripts.flatMap(commandsOf)).not.toEqual([]);
    expect(scripts.flatMap(commandsOf).flatMap((words) => problemsWith(commandTree(), words))).toEqual([]);
  });

  it.each(jobs)("%s: its script is one that bash reads", (_, { script = [] }) => {
    const { exitCode, stderr } = execaSync("bash", ["-n"], { input: script.join("\n"), reject: false });
    expect(exitCode, stderr).toBe(0);
  });

  it("has the runner of the lab for no fork, and one at a time for what changes the lab", () => {
    const onLab = jobs.filter(([, { tags }]) => tags?.includes("lab"));
    expect(onLab.map(([name]) => name)).toEqual(["lab-preview", "reviewed", "approved", "drift"]);
    expect(content["lab-preview"]?.rules?.[0]?.if).toContain("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID");
    const changing = jobs.filter(([, { script = [] }]) =>
      script.some((line) => /platform -- (up|recover|drift)\b/.test(line)),
    );
    expect(changing.map(([, { resource_group: group }]) => group)).toEqual(["lab", "lab", "lab"]);
  });
});
