import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa, execaSync } from "execa";
import { filled, runs, type Context } from "./expressions.ts";
import { titleOf, type Job, type Step, type Workflow } from "./workflow.ts";

/** Where a job runs, and what its host tells it. */
export interface Place {
  /** The checkout. */
  folder: string;
  /** `github.…`, by its whole path. */
  github: Readonly<Record<string, string>>;
  /** The event, as the file of GITHUB_EVENT_PATH has it. */
  event: unknown;
  vars?: Readonly<Record<string, string>>;
  secrets?: Readonly<Record<string, string>>;
  inputs?: Readonly<Record<string, string>>;
  /** Outputs of the job that this one needs, by `JOB.outputs.NAME`. */
  needs?: Readonly<Record<string, string>>;
  /** What a runner's steps have beside what the workflow says. */
  env?: Readonly<Record<string, string | undefined>>;
  /** What an action does here; one that nobody stands in for is an error. */
  uses?: Readonly<Record<string, (given: Readonly<Record<string, string>>) => Promise<void> | void>>;
}

export interface RanStep {
  title: string;
  outcome: "success" | "failure" | "skipped";
  /** What it printed, both streams. */
  log: string;
}

export interface RanJob {
  conclusion: "success" | "failure" | "skipped";
  steps: RanStep[];
  outputs: Record<string, string>;
  summary: string;
}

/** Runs a job as the host would: conditions, environment, outputs, and each `run:` by bash. */
export async function runJob(workflow: Workflow, job: Job, place: Place): Promise<RanJob> {
  const temporary = await mkdtemp(path.join(tmpdir(), "vision-platform-runner-"));
  try {
    return await runIn(temporary, workflow, job, place);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function runIn(temporary: string, workflow: Workflow, job: Job, place: Place): Promise<RanJob> {
  const { github, vars = {}, secrets = {}, inputs = {}, needs = {} } = place;
  const known: Record<string, string> = {
    ...prefixed("github", github),
    ...prefixed("needs", needs),
    "runner.os": "Linux",
    "runner.arch": "X64",
  };
  const environment: Record<string, string> = {};
  const context: Context = {
    open: { vars, secrets, inputs, env: environment },
    known,
    hasFiles: (pattern) => execaSync("git", ["ls-files", "-co", "--", pattern], { cwd: place.folder }).stdout !== "",
    failed: false,
  };
  const put = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, text]) => [name, filled(text, context)]));
  Object.assign(environment, put(workflow.env));
  if (!runs(job.if, context)) return { conclusion: "skipped", steps: [], outputs: {}, summary: "" };
  Object.assign(environment, put(job.env));
  // What only the host reads must be made of what is known, too.
  for (const text of [job["runs-on"], job.environment, job.concurrency?.group, workflow.concurrency?.group])
    if (text !== undefined) filled(text, context);
  const files = { event: path.join(temporary, "event.json"), summary: path.join(temporary, "summary.md") };
  await writeFile(files.event, JSON.stringify(place.event));
  await writeFile(files.summary, "");

  const ran: RanStep[] = [];
  for (const { id } of job.steps) if (id !== undefined) Object.assign(known, { [`steps.${id}.outcome`]: "skipped" });
  for (const [index, step] of job.steps.entries()) {
    const title = titleOf(step);
    // Until a step has run, its outputs are empty; one that no step has is an error.
    const asked = outputsAsked(job).filter((name) => !(name in known));
    for (const name of asked) known[name] = "";
    if (!runs(step.if, context)) {
      ran.push({ title, outcome: "skipped", log: "" });
      continue;
    }
    const output = path.join(temporary, `output-${index}`);
    await writeFile(output, "");
    const result = step.run === undefined ? await use(step, put(step.with), place) : await bash(step, put(step.env));
    async function bash(one: Step, own: Readonly<Record<string, string>>): Promise<Pick<RanStep, "outcome" | "log">> {
      const script = path.join(temporary, `step-${index}.sh`);
      await writeFile(script, filled(one.run ?? "", context));
      const { exitCode, all } = await execa("bash", ["-e", script], {
        cwd: place.folder,
        env: {
          ...hostVariables(place),
          GITHUB_EVENT_PATH: files.event,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: files.summary,
          ...environment,
          ...own,
        },
        extendEnv: false,
        stdin: "ignore",
        all: true,
        reject: false,
      });
      return { outcome: exitCode === 0 ? "success" : "failure", log: all };
    }
    for (const line of (await readFile(output, "utf8")).split("\n").filter(Boolean)) {
      const [, name = "", value = ""] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
      if (name === "") throw new Error(`${title}: no host reads the output ${line}`);
      if (step.id !== undefined) known[`steps.${step.id}.outputs.${name}`] = value;
    }
    if (step.id !== undefined) known[`steps.${step.id}.outcome`] = result.outcome;
    ran.push({ title, ...result });
    if (result.outcome === "failure" && !step["continue-on-error"]) context.failed = true;
  }
  return {
    conclusion: context.failed ? "failure" : "success",
    steps: ran,
    outputs: Object.fromEntries(
      Object.entries(job.outputs).map(([name, text]) => [name, filled(text, { ...context, failed: false })]),
    ),
    summary: await readFile(files.summary, "utf8"),
  };
}

async function use(
  step: Step,
  given: Readonly<Record<string, string>>,
  { uses = {} }: Place,
): Promise<Pick<RanStep, "outcome" | "log">> {
  const action = (step.uses ?? "").replace(/@.*/, "");
  const stand = uses[action];
  if (!stand) throw new Error(`nothing stands in for the action ${action}`);
  await stand(given);
  return { outcome: "success", log: "" };
}

/** Outputs of steps that the job reads, as far as it has such steps. */
function outputsAsked(job: Job): string[] {
  const text = JSON.stringify(job);
  const ids = new Set(job.steps.flatMap(({ id }) => (id === undefined ? [] : [id])));
  return [...text.matchAll(/\bsteps\.([\w-]+)\.outputs\.[\w-]+/g)]
    .filter(([, id = ""]) => ids.has(id))
    .map(([whole]) => whole);
}

/** What the host sets for each step. (docs.github.com: variables reference) */
function hostVariables({ github, folder, env }: Place): Record<string, string | undefined> {
  const names = ["api_url", "server_url", "repository", "sha", "ref", "ref_name", "event_name", "run_id", "run_number"];
  const own = names.map((name) => [`GITHUB_${name.toUpperCase()}`, github[name] ?? ""]);
  return {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: folder,
    RUNNER_OS: "Linux",
    NO_COLOR: "1",
    ...(Object.fromEntries(own) as Record<string, string>),
    ...env,
  };
}

const prefixed = (root: string, values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${root}.${name}`, value]));
