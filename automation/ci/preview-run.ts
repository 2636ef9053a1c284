import { UserError } from "../../components/program/errors.ts";
import { workflowRun, type WorkflowRun } from "./forms.ts";
import type { Repository } from "./repository.ts";

/** The workflow that previews pull requests; the file, since a pull request may bring another one of the same name. */
export const PREVIEW_WORKFLOW = ".github/workflows/preview.yml";

/**
 * Whether a run is one of the preview's for a pull request, by the host's own word: on a fork all that the run itself says was written by a stranger.
 * @throws UserError where there is no such run, or the host does not answer
 */
export async function isPreviewRun(repository: Repository, id: number): Promise<boolean> {
  const run = await repository.ask(`/actions/runs/${id}`, workflowRun);
  if (!run) throw new UserError(`There is no run ${id} in ${repository.name}.`);
  return isPreview(run);
}

export function isPreview({ path, event }: WorkflowRun): boolean {
  return path.split("@")[0] === PREVIEW_WORKFLOW && event === "pull_request";
}
