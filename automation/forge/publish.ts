import { UserError } from "../../components/program/errors.ts";
import { RestError } from "../../components/rest/errors.ts";
import { explained, type Asked } from "./explain.ts";
import { github, isThere, pullsOf, type ForgePlace } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import type { Calls, Host, Status } from "./host.ts";
import { oneComment, type Settled } from "./one-comment.ts";
import type { Report } from "./settle.ts";
import type { Token } from "./token.ts";
import type { Head, Place } from "./where.ts";

export interface Publication extends Calls {
  place: Place;
  token: Token;
  report: Report;
  /** Undefined: none is set. */
  status: Status | undefined;
}

/** What was done on the host. */
export interface Published {
  pull: number | undefined;
  /** Undefined: there is no pull request that this report is of any more. */
  settled: Settled | undefined;
  status: Status | undefined;
  /** Why nothing was posted. */
  why?: string;
  /** The same as a document. */
  shown: Record<string, unknown>;
}

/** Who writes where GitHub does not say it: the account of Actions' own token. */
export const ASSUMED = "github-actions[bot]";

/**
 * Makes a report the one comment of its stack, and its verdict the status of its commit.
 * @throws UserError with the cure; that of the status says that the comment is there
 */
export async function publish({ place, token, report, status, ...calls }: Publication): Promise<Published> {
  const { value, variable } = token;
  const own = { ...calls, api: place.api, repository: place.repository, token: value };
  const forge: ForgePlace | undefined = place.host === "gitlab" ? undefined : { ...own, host: place.host };
  const found = await pullOf(place, forge, variable);
  if (typeof found === "string")
    return {
      pull: undefined,
      settled: undefined,
      status: undefined,
      why: found,
      shown: { outcome: "none", why: found },
    };
  const asked = { host: place.host, repository: place.repository, pull: found, variable };
  const host: Host = forge
    ? github(forge, found)
    : gitlab({ ...own, statusRepository: place.statusRepository, web: place.web }, found);
  const settled = await oneComment(host, report, {
    ...calls,
    assumed: place.host === "github" ? ASSUMED : undefined,
  }).catch(async (error: unknown) => {
    throw await withCure(error, { ...asked, what: "comment" }, forge);
  });
  if (status)
    await host.setStatus(place.sha, status).catch(async (error: unknown) => {
      const cured = await withCure(error, { ...asked, what: "status" }, undefined);
      if (!(cured instanceof UserError)) throw cured;
      throw new UserError(
        [
          `The comment is there${settled.comment.url && ` (${settled.comment.url})`}, and the status is not set:`,
          ...cured.problems,
          "  --no-status leaves it out.",
        ],
        { cause: error },
      );
    });
  const { outcome, comment, newer, removed } = settled;
  const shown = {
    pull: found,
    outcome,
    comment: { id: comment.id, url: comment.url },
    newerRun: newer?.run,
    removed,
    status,
  };
  return { pull: found, settled, status, shown };
}

/** The number of the pull request; in words why there is none. */
async function pullOf(
  { pull, sha, host, repository }: Place,
  forge: ForgePlace | undefined,
  variable: string,
): Promise<number | string> {
  if (typeof pull === "number") return pull;
  if (!forge) throw new UserError("--pull: the number of the merge request.", { exitCode: 2 });
  const pulls = await pullsOf(forge, pull).catch((error: unknown) => {
    if (!(error instanceof RestError)) throw error;
    throw explained(error, { host, repository, pull: 0, variable, what: "comment" }, true);
  });
  return chosen(pulls, pull, sha);
}

/** Which of the open pull requests of a branch a run was of. */
export function chosen(
  pulls: readonly { number: number; sha: string }[],
  { owner, branch }: Head,
  sha: string,
): number | string {
  const own = pulls.filter((one) => one.sha === sha);
  if (own.length > 1)
    throw new UserError(
      `${own.length} open pull requests ask to merge ${owner}:${branch} (${own.map(({ number }) => number).join(", ")}): --pull names one.`,
      { exitCode: 2 },
    );
  if (own[0]) return own[0].number;
  return pulls.length > 0
    ? `${owner}:${branch} has moved on from ${sha.slice(0, 12)}: the report of its newest commit is the one to read.`
    : `No open pull request asks to merge ${owner}:${branch}.`;
}

/** What went wrong, with what to do about it. Gitea answers 500 for a pull request that is not there: it is asked for by itself then. */
async function withCure(error: unknown, asked: Asked, forge: ForgePlace | undefined): Promise<unknown> {
  if (!(error instanceof RestError)) return error;
  const isUnsure = forge !== undefined && error.status === 500;
  const there = isUnsure ? await isThere(forge, asked.pull).catch(() => undefined) : undefined;
  return explained(error, asked, there);
}
