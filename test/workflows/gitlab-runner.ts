import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Checkout } from "./checkout.ts";
import { clone } from "./clone.ts";
import { ruleFor, type GitlabFile, type GitlabJob } from "./gitlab.ts";

/** What a pipeline is of, and what its project gives it. */
export interface GitlabPlace {
  checkout: Checkout;
  /** The commit that it runs. */
  commit: string;
  /** Predefined variables of the pipeline (docs.gitlab.com: predefined variables); those of a job are this runner's. */
  predefined: Readonly<Record<string, string>>;
  /** Variables of the project, for every job. A schedule's are among them. */
  project?: Readonly<Record<string, string>>;
  /** Variables of the project for the jobs of one environment. */
  scoped?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Where the runner puts clones. */
  builds: string;
  /** PATH and HOME of the runner's machine. */
  machine: Readonly<Record<string, string | undefined>>;
}

export interface RanGitlabJob {
  /** `warning`: it failed, and was allowed to. `manual`: it waits for a person. */
  status: "success" | "failed" | "warning" | "skipped" | "manual";
  log: string;
  /** Lines of its script that were begun. */
  lines: string[];
}

export interface Pipeline {
  jobs: Record<string, RanGitlabJob>;
  /** Starts a job that waits for a person. */
  play: (name: string) => Promise<RanGitlabJob>;
  /** Removes what the jobs have left. */
  end: () => Promise<void>;
}

/** GitLab's, for a project that says nothing else. */
const DEPTH = "20";

/** Runs a pipeline as GitLab and a runner would: rules, stages, variables, artifacts, each job in a clone of its own by one shell. */
export async function runPipeline(file: GitlabFile, place: GitlabPlace): Promise<Pipeline> {
  const left = await mkdtemp(path.join(tmpdir(), "vision-platform-artifacts-"));
  const jobs: Pipeline["jobs"] = {};
  const rules = { ...file.variables, ...place.predefined, ...place.project };
  const own = Object.entries(file.jobs).flatMap(([name, job]) => {
    const rule = ruleFor(job, rules);
    return rule ? [{ name, job, rule }] : [];
  });
  const isWell = (name: string) => ["success", "warning"].includes(jobs[name]?.status ?? "");
  const sourcesOf = ({ needs, stage }: GitlabJob) =>
    needs ??
    own.filter(({ job }) => file.stages.indexOf(job.stage) < file.stages.indexOf(stage)).map(({ name }) => name);
  const mayRun = (job: GitlabJob) => sourcesOf(job).every((name) => isWell(name) || jobs[name]?.status === "manual");
  const run = async (name: string, job: GitlabJob) =>
    (jobs[name] = mayRun(job)
      ? await runOne(file, name, job, place, left, sourcesOf(job))
      : { status: "skipped", log: "", lines: [] });
  for (const stage of file.stages)
    for (const { name, job, rule } of own.filter((one) => one.job.stage === stage))
      if (rule.when === "manual" && mayRun(job)) jobs[name] = { status: "manual", log: "", lines: [] };
      else await run(name, job);
  return {
    jobs,
    async play(name) {
      const job = file.jobs[name];
      if (!job || jobs[name]?.status !== "manual") throw new Error(`${name} waits for nobody`);
      return run(name, job);
    },
    end: () => rm(left, { recursive: true, force: true }),
  };
}

async function runOne(
  file: GitlabFile,
  name: string,
  job: GitlabJob,
  place: GitlabPlace,
  left: string,
  sources: readonly string[],
): Promise<RanGitlabJob> {
  // A runner has one for each project, and empties it.
  const folder = path.join(place.builds, "platform");
  await mkdir(folder, { recursive: true });
  try {
    const inherited: Record<string, string> = {};
    const env = environmentOf(file, name, job, place, folder);
    await clone(place.checkout, folder, place.commit, Number(env["GIT_DEPTH"] ?? DEPTH));
    for (const source of sources) Object.assign(inherited, await takeArtifacts(file, source, left, folder));
    const script = [...file.default.before_script, ...job.script];
    const trace = path.join(folder, ".git", "trace");
    await writeFile(trace, "");
    const text = script.map((line, index) => `echo ${index} >> '${trace}'\n${line}`).join("\n");
    // What a runner makes of a script for bash: one shell for all of it. (gitlab-runner: shells/bash.go)
    const { exitCode, all } = await execa("bash", ["-c", `set -eo pipefail\nset +o noclobber\n${text}\n`], {
      cwd: folder,
      // A job's own variables yield to those that it inherits. (docs.gitlab.com: CI/CD variable precedence)
      env: { ...env, ...inherited, ...place.project, ...scopedTo(job, place) },
      extendEnv: false,
      stdin: "ignore",
      all: true,
      reject: false,
    });
    await keepArtifacts(job, path.join(left, name), folder);
    const begun = (await readFile(trace, "utf8")).split("\n").filter(Boolean);
    const isAllowed = exitCode !== undefined && exitCode === job.allow_failure?.exit_codes;
    return {
      status: exitCode === 0 ? "success" : isAllowed ? "warning" : "failed",
      log: all,
      lines: begun.map((index) => script[Number(index)] ?? ""),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const scopedTo = ({ environment }: GitlabJob, { scoped = {} }: GitlabPlace) => scoped[environment?.name ?? ""] ?? {};

function environmentOf(
  file: GitlabFile,
  name: string,
  job: GitlabJob,
  place: GitlabPlace,
  folder: string,
): Record<string, string | undefined> {
  const ofJob = {
    CI: "true",
    GITLAB_CI: "true",
    CI_JOB_NAME: name,
    CI_JOB_STAGE: job.stage,
    CI_PROJECT_DIR: folder,
    ...(job.environment && { CI_ENVIRONMENT_NAME: job.environment.name }),
  };
  const given: Record<string, string> = {
    ...place.predefined,
    ...ofJob,
    ...file.variables,
    ...job.variables,
    ...place.project,
    ...scopedTo(job, place),
  };
  const yaml = Object.entries({ ...file.variables, ...job.variables });
  return {
    ...place.machine,
    ...given,
    ...Object.fromEntries(
      yaml.filter(([key, text]) => given[key] === text).map(([key, text]) => [key, expanded(text, given)]),
    ),
  };
}

/** The variables in a variable. */
function expanded(text: string, given: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => given[name] ?? "");
}

async function keepArtifacts({ artifacts }: GitlabJob, to: string, folder: string): Promise<void> {
  for (const file of [...(artifacts?.paths ?? []), artifacts?.reports?.dotenv ?? []].flat()) {
    if (!existsSync(path.join(folder, file))) continue;
    await mkdir(to, { recursive: true });
    await copyFile(path.join(folder, file), path.join(to, file));
  }
}

/** Puts a job's files into a clone. Returns the variables that it hands on. (docs.gitlab.com: artifacts:reports:dotenv; no blank lines: gitlab#356650) */
async function takeArtifacts(
  { jobs }: GitlabFile,
  name: string,
  left: string,
  folder: string,
): Promise<Record<string, string>> {
  const artifacts = jobs[name]?.artifacts;
  for (const file of artifacts?.paths ?? [])
    if (existsSync(path.join(left, name, file))) await copyFile(path.join(left, name, file), path.join(folder, file));
  const dotenv = path.join(left, name, artifacts?.reports?.dotenv ?? "none");
  if (!existsSync(dotenv)) return {};
  const lines = (await readFile(dotenv, "utf8")).replace(/\n$/, "").split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [, key = "", value = ""] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
      if (key === "") throw new Error(`${name}: GitLab does not read the variable ${line}`);
      return [key, value];
    }),
  );
}
