import { startWeb, type Asked, type Reply, type WebServer } from "./web.ts";

/** A token, and what it may do. */
export interface Account {
  login: string;
  /** Without it 401 or 403 as the host says it. */
  mayComment?: boolean;
  maySetStatus?: boolean;
  /** Whether GET /user is answered: not to GitHub Actions' own token, nor on Gitea without the scope read:user. */
  maySayWho?: boolean;
  /** A reader: a locked conversation takes nothing from it. */
  isReader?: boolean;
}

export interface StandInComment {
  id: number;
  body: string;
  user: { login: string };
  html_url: string;
}

export interface StandInIssue {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  user: { login: string };
}

export interface Forge extends WebServer {
  /** Address of the API. */
  api: string;
  comments: StandInComment[];
  /** Gitea's alone: for GitHub's see test/workflows/host.ts. */
  issues: StandInIssue[];
  statuses: { sha: string; state: string; context: string; description: string }[];
  state: { isLocked: boolean; isArchived: boolean };
}

export interface ForgeOptions {
  kind: "github" | "gitea";
  tokens: Record<string, Account>;
  pause?: () => Promise<void>;
  /** The newest commit of the pull request. Default: COMMIT. */
  commit?: string;
}

export const REPOSITORY = "lab/platform";
export const PULL = 7;
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
/** A pull request of a fork beside it. */
export const FORK = { number: 8, sha: "f".repeat(40), branch: "idea", repository: "somebody/platform" };

/**
 * GitHub, or Gitea 1.26 (and so Forgejo), as far as the comment of a pull request and the issue of a report ask them; each answer as the table of both says (pull-requests.md, 1), else as
 * named beside it.
 */
export async function startForge({ kind, tokens, pause, commit = COMMIT }: ForgeOptions): Promise<Forge> {
  const comments: StandInComment[] = [];
  const issues: StandInIssue[] = [];
  const statuses: Forge["statuses"] = [];
  const state = { isLocked: false, isArchived: false };
  const isGitHub = kind === "github";
  const base = isGitHub ? "" : "/api/v1";
  let id = 100;

  const notFound: Reply = isGitHub
    ? { status: 404, body: { message: "Not Found", documentation_url: "https://docs.github.com/rest" } }
    : { status: 404, body: { errors: null, message: "not found", url: "http://gitea/api/swagger" } };
  const forbidden = (scope: string): Reply => ({
    status: 403,
    body: {
      message: isGitHub
        ? "Resource not accessible by integration"
        : `token does not have at least one of required scope(s), required=[${scope}]`,
    },
  });

  const answer = ({ method, url, headers, body }: Asked): Reply => {
    const path = url.pathname.slice(base.length);
    const [, token = ""] = /^(?:token|bearer) (.+)$/i.exec(headers.authorization ?? "") ?? [];
    const account = tokens[token];
    if (account === undefined)
      return {
        status: 401,
        body: { message: isGitHub ? "Bad credentials" : "invalid username, password or token" },
      };
    // docs.github.com: requests without a valid User-Agent are rejected.
    if (isGitHub && !headers["user-agent"]) return { status: 403, body: { message: "User-Agent header is required" } };
    if (isGitHub && path === "/graphql") return { status: 200, body: { data: { viewer: { login: account.login } } } };
    if (path === "/user")
      return account.maySayWho === false ? forbidden("read:user") : { status: 200, body: { login: account.login } };
    const [, own] = /^\/repos\/lab\/platform(\/.*)$/.exec(path) ?? [];
    if (own === undefined) return notFound;
    const [, listed] = /^\/issues\/(\d+)\/comments$/.exec(own) ?? [];
    if (listed !== undefined) {
      // Gitea's GetIssueByIndex: any error is an internal one, and says nothing (routers/api/v1/repo/issue_comment.go).
      if (Number(listed) !== PULL && Number(listed) !== FORK.number)
        return isGitHub ? notFound : { status: 500, body: { message: "", url: "" } };
      if (method === "GET")
        return isGitHub
          ? page(url)
          : { status: 200, headers: { "x-total-count": String(comments.length) }, body: comments };
      return posted(account, body, Number(listed));
    }
    const [, one] = /^\/issues\/comments\/(\d+)$/.exec(own) ?? [];
    if (one !== undefined) return changed(account, method, Number(one), body);
    const [, sha] = /^\/statuses\/(.+)$/.exec(own) ?? [];
    if (sha !== undefined) return status(account, sha, body);
    const [, pull] = /^\/pulls\/(\d+)$/.exec(own) ?? [];
    if (pull !== undefined) return Number(pull) === PULL ? { status: 200, body: { number: PULL } } : notFound;
    if (own === "/pulls") return pulls(url);
    const [isIssue, issue] = /^\/issues(?:\/(\d+))?$/.exec(own) ?? [];
    return isGitHub || isIssue === undefined ? notFound : issued(issue, method, url, body, account);
  };

  // routers/api/v1/repo/issue.go: pages of at most 50, and an edit is answered with 201.
  const issued = (
    number: string | undefined,
    method: string,
    url: URL,
    body: Record<string, unknown>,
    account: Account,
  ): Reply => {
    if (method === "GET") {
      const state = url.searchParams.get("state") ?? "open";
      const [per, page] = [
        Math.min(Number(url.searchParams.get("limit") ?? 30), 50),
        url.searchParams.get("page") ?? 1,
      ];
      const asked = issues.filter((one) => one.state === state);
      return { status: 200, body: asked.slice((Number(page) - 1) * per, Number(page) * per) };
    }
    if (account.mayComment === false) return forbidden("write:issue");
    if (number === undefined) {
      const { title, body: text = "" } = body as { title?: string; body?: string };
      if (!title) return { status: 422, body: { message: "[Title]: Required" } };
      issues.push({ number: 30 + issues.length, title, body: text, state: "open", user: { login: account.login } });
      return { status: 201, body: issues.at(-1) };
    }
    const found = issues.find((one) => one.number === Number(number));
    return found ? { status: 201, body: Object.assign(found, body) } : notFound;
  };

  const closed = (account: Account): Reply | undefined => {
    if (state.isArchived)
      return isGitHub
        ? { status: 403, body: { message: "Repository was archived so is read-only." } }
        : { status: 423, body: { message: "lab/platform is archived" } };
    if (account.mayComment === false) return forbidden("write:issue");
    if (state.isLocked && account.isReader)
      return {
        status: 403,
        body: {
          message: isGitHub
            ? "Unable to create comment because issue is locked."
            : "You cannot comment on a locked conversation.",
        },
      };
    return undefined;
  };

  const unfit = (body: Record<string, unknown>): Reply | undefined => {
    const text = body["body"];
    if (typeof text !== "string" || text === "")
      return { status: 422, body: { message: isGitHub ? "Validation Failed" : "[Body]: Required" } };
    if (isGitHub && text.length > 65_536)
      return {
        status: 422,
        body: { message: "Validation Failed", errors: ["Body is too long (maximum is 65536 characters)"] },
      };
    return undefined;
  };

  const posted = (account: Account, body: Record<string, unknown>, issue: number): Reply => {
    const refused = closed(account) ?? unfit(body);
    if (refused) return refused;
    const comment = {
      id: id++,
      body: String(body["body"]),
      user: { login: account.login },
      html_url: `https://forge.example/${REPOSITORY}/pull/${issue}#issuecomment-${id - 1}`,
    };
    comments.push(comment);
    return { status: 201, body: comment };
  };

  // Whoever may write to the repository may change another's comment.
  const changed = (account: Account, method: string, which: number, body: Record<string, unknown>): Reply => {
    const at = comments.findIndex((comment) => comment.id === which);
    const comment = comments[at];
    if (comment === undefined) return notFound;
    if (method === "DELETE") {
      comments.splice(at, 1);
      return { status: 204 };
    }
    const refused = closed(account) ?? unfit(body);
    if (refused) return refused;
    comment.body = String(body["body"]);
    return { status: 200, body: comment };
  };

  const page = (url: URL): Reply => {
    const per = Math.min(Number(url.searchParams.get("per_page") ?? 30), 100);
    const at = Number(url.searchParams.get("page") ?? 1);
    const last = Math.max(1, Math.ceil(comments.length / per));
    // The numbers of the repository, as GitHub has them there, and an address that is none of the caller's.
    const address = (to: number) =>
      `https://api.github.com/repositories/1/issues/7/comments?per_page=${per}&page=${to}`;
    const link: Record<string, string> =
      at < last ? { link: `<${address(at + 1)}>; rel="next", <${address(last)}>; rel="last"` } : {};
    return { status: 200, headers: link, body: comments.slice((at - 1) * per, at * per) };
  };

  const status = (account: Account, sha: string, body: Record<string, unknown>): Reply => {
    if (account.maySetStatus === false) return forbidden("write:repository");
    // NewCommitStatus: any error is an internal one (routers/api/v1/repo/status.go); docs.github.com: 422.
    if (sha !== commit)
      return isGitHub
        ? { status: 422, body: { message: `No commit found for SHA: ${sha}` } }
        : { status: 500, body: { message: "" } };
    const { state: given, context, description } = body as { state: string; context: string; description: string };
    if (isGitHub && description.length > 140)
      return {
        status: 422,
        body: { message: "Validation Failed", errors: ["description is too long (maximum is 140 characters)"] },
      };
    statuses.push({ sha, state: given, context, description });
    return { status: 201, body: { state: given } };
  };

  const pulls = (url: URL): Reply => {
    if (Number(url.searchParams.get("page") ?? 1) > 1) return { status: 200, body: [] };
    const all = [
      { number: PULL, head: { sha: commit, ref: "more", repo: { full_name: REPOSITORY } } },
      { number: FORK.number, head: { sha: FORK.sha, ref: FORK.branch, repo: { full_name: FORK.repository } } },
    ];
    const head = url.searchParams.get("head");
    // Gitea has no such filter.
    const asked =
      isGitHub && head
        ? all.filter((one) => `${one.head.repo.full_name.split("/")[0] ?? ""}:${one.head.ref}` === head)
        : all;
    return { status: 200, body: asked };
  };

  const web = await startWeb(answer, pause);
  return { ...web, api: `${web.url}${base}`, comments, issues, statuses, state };
}
