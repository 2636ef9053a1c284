import { UserError } from "../../components/program/errors.ts";
import { pulls, workflowRun, type WorkflowRun } from "./forms.ts";
import type { Repository } from "./repository.ts";

/** The workflow that previews pull requests; the file, since a pull request may bring another one of the same name. */
export const PREVIEW_WORKFLOW = ".github/workflows/preview.yml";

/** The pull request that a run was for, or why its report goes nowhere. */
export type PullOfRun = { pull: number } | { none: string };

/**
 * The open pull request whose head is the very commit that a finished run of the preview was for. By the host's own words about run and pulls:
 * on a fork everything that the run itself has said or left was written by a stranger.
 * @throws UserError where the host does not answer
 */
export async function pullOfRun(repository: Repository, id: number): Promise<PullOfRun> {
  const run = await repository.ask(`/actions/runs/${id}`, workflowRun);
  if (!run) throw new UserError(`There is no run ${id} in ${repository.name}.`);
  if (!isPreview(run)) return { none: `Run ${id} is none of ${PREVIEW_WORKFLOW} for a pull request.` };
  const { head_repository: from, head_branch: branch, head_sha: sha } = run;
  if (!from || branch === null) return { none: `The branch of run ${id} is gone.` };
  const head = encodeURIComponent(`${from.owner.login}:${branch}`);
  const open = (await repository.ask(`/pulls?state=open&per_page=100&head=${head}`, pulls)) ?? [];
  const ofBranch = open.filter(
    (one) => one.head.repo?.full_name === from.full_name && one.base.repo.full_name === repository.name,
  );
  const [found, ...more] = ofBranch.filter((one) => one.head.sha === sha);
  if (found && more.length === 0) return { pull: found.number };
  if (found)
    return {
      none: `Several pull requests are open for commit ${sha}: ${[found, ...more].map((one) => `#${one.number}`).join(", ")}.`,
    };
  return {
    none:
      ofBranch.length > 0
        ? `Run ${id} was for an earlier commit of #${ofBranch.map((one) => one.number).join(", #")}; the newest has a run of its own.`
        : `No pull request is open for the branch of run ${id}.`,
  };
}

/** Whether a run is one of the preview's for a pull request. */
export function isPreview({ path, event }: WorkflowRun): boolean {
  return path.split("@")[0] === PREVIEW_WORKFLOW && event === "pull_request";
}
