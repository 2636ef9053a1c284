import { z } from "zod";

/** What is read of the host's answers. Names and branches in them are chosen by strangers: they are compared, and put into addresses encoded. */

const repository = z.object({ full_name: z.string(), owner: z.object({ login: z.string() }) });
const number = z.number().int().positive();
export const commitId = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

export const workflowRun = z.object({
  id: number,
  /** `.github/workflows/preview.yml`, with `@REF` behind where the host says it. */
  path: z.string(),
  event: z.string(),
  head_branch: z.string().nullable(),
  head_sha: commitId,
  /** Null where the fork is gone. */
  head_repository: repository.nullable(),
  run_number: number,
});
export type WorkflowRun = z.infer<typeof workflowRun>;

export const workflowRuns = z.object({ workflow_runs: z.array(workflowRun) });

export const pull = z.object({
  number,
  state: z.string(),
  merged_at: z.string().nullable().optional(),
  merge_commit_sha: z.string().nullable(),
  head: z.object({ sha: commitId, repo: repository.nullable() }),
  base: z.object({ ref: z.string(), repo: repository }),
});
export type Pull = z.infer<typeof pull>;

export const pulls = z.array(pull);

export const artifacts = z.object({
  artifacts: z.array(
    z.object({ id: number, name: z.string(), size_in_bytes: z.number().nonnegative(), expired: z.boolean() }),
  ),
});

export const environment = z.object({
  protection_rules: z.array(z.object({ type: z.string(), reviewers: z.array(z.unknown()).optional() })).optional(),
});
