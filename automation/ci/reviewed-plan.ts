import path from "node:path";
import { artifactOf } from "./artifact.ts";
import { pulls, workflowRuns, type WorkflowRun } from "./forms.ts";
import { isPreview, PREVIEW_WORKFLOW } from "./preview-run.ts";
import type { Repository } from "./repository.ts";

const DEPLOY_WORKFLOW = ".github/workflows/deploy.yml";
/** A plan of the homelab is a few hundred kilobytes. */
const PLAN_LIMIT = 32 * 1024 * 1024;

/** A plan that a person saw, or why there is none. */
export interface FoundPlan {
  /** The pull request that the commit merged. */
  pull?: number;
  plan?: Buffer;
  why?: string;
}

/**
 * The plan that reviewers of a merged pull request saw: of the last lab preview of the commit which was merged, made by a run of the preview for
 * that very commit in this repository. All of it is the host's own word. A fork's plan informs, it is never applied.
 * @param commit what was merged
 * @throws UserError where the host does not answer
 */
export async function reviewedPlan(repository: Repository, commit: string, artifact: string): Promise<FoundPlan> {
  const merged = ((await repository.ask(`/commits/${commit}/pulls?per_page=100`, pulls)) ?? []).find(
    (one) => one.merge_commit_sha === commit && one.merged_at && one.base.repo.full_name === repository.name,
  );
  if (!merged) return { why: `No pull request was merged as ${commit}.` };
  const { number, head } = merged;
  if (head.repo?.full_name !== repository.name)
    return { pull: number, why: `#${number} came from a fork: its preview informs, and is never applied.` };
  const plan = await newestLeft(repository, { workflow: PREVIEW_WORKFLOW, commit: head.sha, artifact }, isPreview);
  if (plan) return { pull: number, plan };
  return { pull: number, why: `No lab preview of ${head.sha}, which #${number} merged, has left a plan.` };
}

/**
 * The plan by which a run of the deployment of this commit has stopped, and asked for approval.
 * @throws UserError where the host does not answer
 */
export async function stoppedPlan(repository: Repository, commit: string, artifact: string): Promise<FoundPlan> {
  const isDeployment = ({ path, event }: WorkflowRun) => path.split("@")[0] === DEPLOY_WORKFLOW && event === "push";
  const plan = await newestLeft(repository, { workflow: DEPLOY_WORKFLOW, commit, artifact }, isDeployment);
  if (plan) return { plan };
  return {
    why: `No deployment of ${commit} has stopped and left a plan. The newest commit of the branch is what is approved: look at its run.`,
  };
}

/** What the newest run of a workflow for a commit of this repository has left. */
async function newestLeft(
  repository: Repository,
  { workflow, commit, artifact }: { workflow: string; commit: string; artifact: string },
  counts: (run: WorkflowRun) => boolean,
): Promise<Buffer | undefined> {
  const runsPath = `/actions/workflows/${path.basename(workflow)}/runs?per_page=100&head_sha=${commit}`;
  const all = (await repository.ask(runsPath, workflowRuns))?.workflow_runs ?? [];
  const own = all
    .filter((run) => counts(run) && run.head_sha === commit && run.head_repository?.full_name === repository.name)
    .sort((a, b) => b.run_number - a.run_number);
  for (const run of own) {
    const left = await artifactOf(repository, run.id, artifact, PLAN_LIMIT);
    if (left) return left;
  }
  return undefined;
}
