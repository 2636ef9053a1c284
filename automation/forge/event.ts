import { readFile, stat } from "node:fs/promises";
import { z } from "zod";

/** What set off a run, as far as a comment needs it. */
export interface CiEvent {
  pull?: { number: number; sha: string } | undefined;
  /** A comment or label of a pull request set it off: its number. */
  issue?: number | undefined;
  /** The run that this one follows. (`on: workflow_run`) */
  after?: Followed | undefined;
}

/** A run that another follows, as the host tells it; that one may be a fork's, and could not change what stands here. */
export interface Followed {
  owner: string;
  /** `owner/name` of the repository that its commit is in. */
  repository: string;
  branch: string;
  sha: string;
  run: number;
  url: string | undefined;
}

/** More than any host writes: GitHub's are at most 25 MB, with all commits of a push; those of pull requests are far smaller. */
const LARGEST_BYTES = 30_000_000;

const eventSchema = z.object({
  pull_request: z.object({ number: z.number().int().positive(), head: z.object({ sha: z.string() }) }).nullish(),
  issue: z.object({ number: z.number().int().positive(), pull_request: z.unknown() }).nullish(),
  workflow_run: z
    .object({
      run_number: z.number().int().positive(),
      head_sha: z.string(),
      head_branch: z.string(),
      head_repository: z.object({ full_name: z.string(), owner: z.object({ login: z.string() }) }),
      html_url: z.string().nullish(),
    })
    .nullish(),
});

/** Reads what GITHUB_EVENT_PATH names; an empty event where there is none, or one of another kind. */
export async function readEvent(file: string | undefined): Promise<CiEvent> {
  if (!file) return {};
  const { size = Infinity } = await stat(file).catch(() => ({ size: undefined }));
  if (size > LARGEST_BYTES) return {};
  try {
    return eventOf(JSON.parse(await readFile(file, "utf8")));
  } catch {
    // What is missing because of it is asked for by the name of its flag.
    return {};
  }
}

export function eventOf(event: unknown): CiEvent {
  const { pull_request: pull, issue, workflow_run: run } = eventSchema.safeParse(event).data ?? {};
  return {
    ...(pull && { pull: { number: pull.number, sha: pull.head.sha } }),
    // An issue is none unless it says so.
    ...(issue?.pull_request ? { issue: issue.number } : {}),
    ...(run && {
      after: {
        owner: run.head_repository.owner.login,
        repository: run.head_repository.full_name,
        branch: run.head_branch,
        sha: run.head_sha,
        run: run.run_number,
        url: run.html_url ?? undefined,
      },
    }),
  };
}
