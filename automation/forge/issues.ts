import { z } from "zod";
import { RestError } from "../../components/rest/errors.ts";
import { understood } from "./answers.ts";
import { LOOKS, REPEATABLE, type Host } from "./host.ts";
import type { Ask } from "./octokit.ts";
import { markerOf } from "./marker.ts";

/** The issues of one title as a comment is settled: each open one counts as a comment, and one that is too many is closed. */
export type Issues = Pick<Host, "comments" | "post" | "write" | "remove">;

const PER_PAGE = 100;
/** The newest ten thousand open issues; a report's is among them. */
const MOST_PAGES = 100;

const issueSchema = z.object({
  number: z.number().int(),
  body: z.string().nullish(),
  html_url: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  pull_request: z.unknown().optional(),
});
type Issue = z.infer<typeof issueSchema>;

const commentOf = ({ number, body, html_url, user }: Issue) => ({
  id: number,
  body: body ?? "",
  author: user?.login ?? "",
  url: html_url ?? "",
});

/** Issues of GitHub, Gitea or Forgejo. @param name what the host is called in errors */
export function forgeIssues(ask: Ask, name: string, repository: string, title: string): Issues {
  const [owner = "", repo = ""] = repository.split("/");
  const here = { owner, repo };
  const one = "/repos/{owner}/{repo}/issues/{number}";
  return {
    async comments() {
      const found: Issue[] = [];
      for (let page = 1; page <= MOST_PAGES; page++) {
        // `limit` and `type` are Gitea's words; GitHub lists pull requests among issues.
        const parameters = { ...here, state: "open", per_page: PER_PAGE, limit: 50, type: "issues", page };
        const { data } = await ask({ route: "GET /repos/{owner}/{repo}/issues", parameters, sent: LOOKS });
        const issues = understood(z.array(issueSchema), data, name, "issues");
        found.push(...issues);
        if (issues.length === 0) break;
      }
      const own = found.filter(({ pull_request, body }) => !pull_request && markerOf(body ?? "") !== undefined);
      return [...new Map(own.map((issue) => [issue.number, issue])).values()].map(commentOf);
    },
    async post(body) {
      const parameters = { ...here, title, body };
      const { data } = await ask({ route: "POST /repos/{owner}/{repo}/issues", parameters, sent: undefined });
      return commentOf(understood(issueSchema, data, name, "the issue"));
    },
    async write(id, body) {
      await ask({ route: `PATCH ${one}`, parameters: { ...here, number: id, body }, sent: REPEATABLE });
    },
    async remove(id) {
      await ask({
        route: `PATCH ${one}`,
        parameters: { ...here, number: id, state: "closed" },
        sent: REPEATABLE,
      }).catch((error: unknown) => {
        if (!(error instanceof RestError) || error.status !== 404) throw error;
      });
    },
  };
}
