import { z } from "zod";
import { RestError } from "../../components/rest/errors.ts";
import { understood, unlessGone } from "./answers.ts";
import { LOOKS, REPEATABLE, type Calls, type Host } from "./host.ts";
import { forgeClient, type Ask } from "./octokit.ts";
import type { Comment } from "./settle.ts";
import { TITLES, type Head, type HostName } from "./where.ts";

/** Where a pull request of GitHub, Gitea or Forgejo is, and who asks. */
export interface ForgePlace extends Calls {
  host: Exclude<HostName, "gitlab">;
  api: string;
  /** `owner/name`. */
  repository: string;
  token: string;
}

const commentSchema = z
  .object({
    id: z.number().int(),
    body: z.string().nullish(),
    html_url: z.string().nullish(),
    user: z.object({ login: z.string() }).nullish(),
  })
  .transform(({ id, body, html_url, user }): Comment => ({
    id,
    body: body ?? "",
    author: user?.login ?? "",
    url: html_url ?? "",
  }));
const pullSchema = z.object({
  number: z.number().int(),
  head: z.object({ sha: z.string(), ref: z.string(), repo: z.object({ full_name: z.string() }).nullish() }),
});

/** The largest page that GitHub gives; Gitea gives 50 where it has pages at all. */
const PER_PAGE = 100;
/** No conversation has as many: a host that never comes to an end is left. */
const MOST_PAGES = 100;

/** A pull request of GitHub, Gitea or Forgejo, which have the same API. */
export function github(place: ForgePlace, pull: number): Host {
  const name = TITLES[place.host];
  const ask = forgeClient(name, place);
  const repo = repositoryOf(place);
  const comments = `/repos/{owner}/{repo}/issues/{number}/comments`;
  const comment = `/repos/{owner}/{repo}/issues/comments/{id}`;
  return {
    whoAmI: () => (place.host === "github" ? viewer(ask, place.api) : user(ask)),
    async comments() {
      const pages: Comment[][] = [];
      for (let page: number | undefined = 1; page !== undefined;) {
        const parameters = { ...repo, number: pull, per_page: PER_PAGE, page };
        const { data, link } = await ask({ route: `GET ${comments}`, parameters, sent: LOOKS });
        pages.push(understood(z.array(commentSchema), data, name, "comments"));
        page = nextPage(link, page);
        if (page !== undefined && page > MOST_PAGES)
          throw new RestError(name, `GET ${comments}`, `it has more than ${MOST_PAGES} pages of comments`);
      }
      return pages.flat();
    },
    async post(body) {
      const { data } = await ask({
        route: `POST ${comments}`,
        parameters: { ...repo, number: pull, body },
        sent: undefined,
      });
      return understood(commentSchema, data, name, "the comment");
    },
    async write(id, body) {
      await ask({ route: `PATCH ${comment}`, parameters: { ...repo, id, body }, sent: REPEATABLE });
    },
    async remove(id) {
      await ask({ route: `DELETE ${comment}`, parameters: { ...repo, id }, sent: REPEATABLE }).catch(unlessGone);
    },
    async setStatus(sha, { state, context, description, url }) {
      const parameters = { ...repo, sha, state, context, description, ...(url !== undefined && { target_url: url }) };
      await ask({ route: "POST /repos/{owner}/{repo}/statuses/{sha}", parameters, sent: REPEATABLE });
    },
  };
}

/** The open pull requests of a branch, by their heads: a run after another run is not told which it belongs to when that was a fork's. */
export async function pullsOf(
  place: ForgePlace,
  { owner, branch, repository }: Head,
): Promise<{ number: number; sha: string }[]> {
  const name = TITLES[place.host];
  const ask = forgeClient(name, place);
  const found: { number: number; sha: string }[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { data } = await ask({
      route: "GET /repos/{owner}/{repo}/pulls",
      // Gitea does not know `head`, and `limit` is its `per_page`.
      parameters: {
        ...repositoryOf(place),
        state: "open",
        head: `${owner}:${branch}`,
        per_page: PER_PAGE,
        limit: 50,
        page,
      },
      sent: LOOKS,
    });
    const pulls = understood(z.array(pullSchema), data, name, "pull requests");
    if (pulls.length === 0) break;
    for (const { number, head } of pulls)
      if (head.ref === branch && head.repo?.full_name === repository && !found.some((one) => one.number === number))
        found.push({ number, sha: head.sha });
  }
  return found;
}

/** Whether a pull request is there. Gitea answers 500 to questions about the comments of one that is not. (pull-requests.md, 1) */
export async function isThere(place: ForgePlace, pull: number): Promise<boolean> {
  const ask = forgeClient(TITLES[place.host], place);
  try {
    await ask({
      route: "GET /repos/{owner}/{repo}/pulls/{number}",
      parameters: { ...repositoryOf(place), number: pull },
      sent: LOOKS,
    });
    return true;
  } catch (error) {
    if (error instanceof RestError && error.status === 404) return false;
    throw error;
  }
}

function repositoryOf({ repository }: ForgePlace): { owner: string; repo: string } {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}

/** The account of a token. Gitea needs the scope read:user for it and says 403 without. */
async function user(ask: Ask): Promise<string | undefined> {
  const { data } = await ask({ route: "GET /user", sent: LOOKS }).catch(nobody);
  return loginIn(data);
}

/** GitHub Actions' own token may not ask for its account, but who looks at a graph it is told. */
async function viewer(ask: Ask, api: string): Promise<string | undefined> {
  // Of a GitHub Enterprise Server it is beside the other API: /api/v3 and /api/graphql.
  const parameters = { baseUrl: api.replace(/\/v3\/?$/, ""), query: "query { viewer { login } }" };
  const { data } = await ask({ route: "POST /graphql", parameters, sent: LOOKS }).catch(nobody);
  return loginIn((data as { data?: { viewer?: unknown } } | undefined)?.data?.viewer);
}

function nobody(error: unknown): { data: unknown } {
  if (error instanceof RestError && (error.status === 403 || error.status === 404)) return { data: undefined };
  throw error;
}

const loginIn = (data: unknown) => z.object({ login: z.string().min(1) }).safeParse(data).data?.login;

/** The page after this one. Its number is taken, not its address: a token is for the address that the environment names. */
function nextPage(link: string | undefined, page: number): number | undefined {
  const [, address = ""] = /<([^>]*)>;\s*rel="next"/.exec(link ?? "") ?? [];
  const next = /[?&]page=(\d+)/.exec(address)?.[1];
  return next === undefined || Number(next) <= page ? undefined : Number(next);
}
