import { UserError } from "../../components/program/errors.ts";
import { RestError } from "../../components/rest/errors.ts";
import { TITLES, type HostName } from "./where.ts";

/** What was asked, for the cure of what came back. */
export interface Asked {
  host: HostName;
  repository: string;
  pull: number;
  /** The variable with the token. */
  variable: string;
  /** What was being done: the comment, or the status of the commit. */
  what: "comment" | "status";
}

/** What a token must be allowed, by host. (Gitea: measured; the others: their documentation) */
const NEEDED: Record<HostName, Record<Asked["what"], string>> = {
  github: {
    comment:
      "`permissions: pull-requests: write` in the job; a token of a person or an app: pull requests, read and write",
    status: "`permissions: statuses: write` in the job; a token of a person or an app: commit statuses, read and write",
  },
  gitea: { comment: "the scopes write:issue and read:user", status: "the scope write:repository" },
  forgejo: { comment: "the scopes write:issue and read:user", status: "the scope write:repository" },
  gitlab: {
    comment: "the scope `api`, of a member who may comment",
    status: "the scope `api`, with the role Developer",
  },
};

const FORK =
  "A run of a fork has a token that only reads: let it keep the report as JSON, and a second workflow post it (docs/ci.md).";

/**
 * What a host did not do, with what to do about it.
 * @param isPullThere whether there is such a pull request, where that was asked; undefined: it was not
 */
export function explained(error: RestError, asked: Asked, isPullThere?: boolean): UserError {
  return new UserError(`${error.message}\n  ${cureFor(error, asked, isPullThere)}`, { cause: error });
}

function cureFor(
  { status, detail }: RestError,
  { host, repository, pull, variable, what }: Asked,
  isPullThere?: boolean,
): string {
  const place = `${repository} ${host === "gitlab" ? "!" : "#"}${pull}`;
  if (status === undefined)
    return "Nobody answered. Behind a proxy, HTTP_PROXY, HTTPS_PROXY and NO_PROXY say the way; --api names another address.";
  if (isPullThere === false) return `${repository} has no pull request ${pull}: --pull names another.`;
  if (status === 404 && what === "comment")
    return `There is no ${place}, or the token in ${variable} may not see it. It needs ${NEEDED[host][what]}.`;
  if (status >= 300 && status < 400)
    return "The repository was renamed or moved, and a token goes to no other address: --repository, or --api, names the new one.";
  if (status === 401)
    return `${TITLES[host]} does not know the token in ${variable}: it has expired, was revoked, or is of another host.`;
  if (status === 423 || (status === 403 && /archived/i.test(detail)))
    return "The repository is archived, and nothing can be written there.";
  if (status === 403 && /lock/i.test(detail))
    return "The conversation is locked: unlock it, or use the token of somebody who may write to the repository.";
  if (status === 403)
    return `The token in ${variable} may not do that. It needs ${NEEDED[host][what]}.${host === "github" ? ` ${FORK}` : ""}`;
  if (status === 404)
    return `There is no such commit in ${repository}, or the token in ${variable} may not see it. It needs ${NEEDED[host][what]}.`;
  if (status === 422 || status === 400) return "The host does not take it as it is: its own words say why.";
  if (status === 429) return "It was asked again for as long as a run should wait: run it again later.";
  if (what === "status" && status === 500 && host !== "github" && host !== "gitlab")
    return `${TITLES[host]} answers so where ${repository} has no such commit: --sha names another. If it is there, look into its log.`;
  return "The host fails, and did so again when it was asked once more: run it again later, or look into its log.";
}
