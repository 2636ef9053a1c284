import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import { waitsForReviewers } from "../ci/approval.ts";
import { artifactOf } from "../ci/artifact.ts";
import { isPreviewRun, PREVIEW_WORKFLOW } from "../ci/preview-run.ts";
import { repositoryOf } from "../ci/repository.ts";
import { reviewedPlan, stoppedPlan } from "../ci/reviewed-plan.ts";
import { jobSummary, stepOutput } from "../ci/outputs.ts";
import { readPlan } from "../plan/file.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

/** Twice what a report of a thousand objects has. */
const REPORT_LIMIT = 8 * 1024 * 1024;

export interface ReportFlags extends StackFlags {
  run: number;
  artifact: string;
  report: string;
}

/** What a run of the preview has reported. Outputs of the step: `found` (`true`, or empty where there is nothing to post). */
export async function report({ stack, run, artifact, report: file, json }: ReportFlags): Promise<void> {
  const repository = repositoryOf(process.env);
  const isPreview = await isPreviewRun(repository, run);
  const bytes = isPreview ? await artifactOf(repository, run, artifact, REPORT_LIMIT) : undefined;
  if (bytes) await written(file, bytes);
  await stepOutput({ found: bytes ? "true" : "" }, process.env);
  const why = isPreview
    ? `Run ${run} has left no ${artifact}.`
    : `Run ${run} is none of ${PREVIEW_WORKFLOW} for a pull request.`;
  const text = bytes ? `What run ${run} has reported: ${file}` : why;
  print({ stack, run, found: bytes !== undefined, ...(!bytes && { why }) }, text, json);
}

export interface PlanFlags extends StackFlags {
  commit: string;
  plan: string;
  stopped?: true;
}

/**
 * The plan that reviewers of a merged pull request saw, or the one by which a deployment has stopped. Outputs of the step: `pull`, and `found`
 * (`true`, or empty).
 */
export async function plan({ stack, commit, plan: file, stopped, json }: PlanFlags): Promise<void> {
  if (!/^[0-9a-f]{40,64}$/.test(commit))
    throw new UserError("--commit must be the whole id of a commit", { exitCode: 2 });
  const find = stopped ? stoppedPlan : reviewedPlan;
  const { pull, plan: bytes, why } = await find(repositoryOf(process.env), commit, `plan-${stack}.json`);
  // Whoever approved a plan means that one.
  if (stopped && !bytes) throw new UserError(why ?? "");
  if (bytes) await written(file, bytes);
  await stepOutput({ pull: pull === undefined ? "" : String(pull), found: bytes ? "true" : "" }, process.env);
  const text =
    why ??
    (stopped ? `The plan that was stopped by: ${file}` : `The plan that was reviewed with #${pull ?? ""}: ${file}`);
  print({ stack, pull, found: bytes !== undefined, why }, text, json);
}

export interface ApprovalFlags extends StackFlags {
  plan: string;
  environment?: string;
}

/**
 * How a person approves a plan. Where an environment is named its required reviewers do, once the host has them; else this ends with 3, and the
 * workflow is started by hand with the plan's digest. Outputs of the step: `digest`.
 */
export async function approval({ stack, plan: file, environment, json }: ApprovalFlags): Promise<void> {
  const { digest } = await readPlan(file, stack, undefined);
  if (environment) await waitsForReviewers(repositoryOf(process.env), environment);
  const how = environment
    ? `The reviewers of the environment ${environment} are asked.`
    : `Start this workflow by hand, with the digest ${digest}.`;
  const text = `${stack}: nothing was changed. Some of what would change was not reviewed. ${how}`;
  await stepOutput({ digest }, process.env);
  await jobSummary(`### ${stack} waits for approval\n\n${text}\n\nPlan: \`${digest}\``, process.env);
  print({ stack, digest, environment }, text, json);
  if (!environment) process.exitCode = 3;
}

async function written(file: string, bytes: Buffer): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, bytes);
}
