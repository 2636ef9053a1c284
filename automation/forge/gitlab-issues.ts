import { z } from "zod";
import { understood } from "./answers.ts";
import type { GitlabAsk } from "./gitlab.ts";
import { LOOKS, REPEATABLE } from "./host.ts";
import type { Issues } from "./issues.ts";
import { markerOf } from "./marker.ts";

const PER_PAGE = 100;
const MOST_PAGES = 100;

const issueSchema = z.object({
  iid: z.number().int(),
  description: z.string().nullish(),
  web_url: z.string().nullish(),
  author: z.object({ username: z.string() }).nullish(),
});

const commentOf = ({ iid, description, web_url, author }: z.infer<typeof issueSchema>) => ({
  id: iid,
  body: description ?? "",
  author: author?.username ?? "",
  url: web_url ?? "",
});

/** Issues of a project of GitLab. (docs.gitlab.com/api/issues; not tried against a real one.) */
export function gitlabIssues(ask: GitlabAsk, repository: string, title: string): Issues {
  const issues = `/projects/${encodeURIComponent(repository)}/issues`;
  return {
    async comments() {
      const found: z.infer<typeof issueSchema>[] = [];
      for (let page = 1; page <= MOST_PAGES; page++) {
        const { data, headers } = await ask("GET", `${issues}?state=opened&per_page=${PER_PAGE}&page=${page}`, LOOKS);
        found.push(...understood(z.array(issueSchema), data, "GitLab", "issues"));
        if (!/rel="next"/.test(headers.get("link") ?? "")) break;
      }
      return found.filter(({ description }) => markerOf(description ?? "") !== undefined).map(commentOf);
    },
    async post(body) {
      const { data } = await ask("POST", issues, undefined, { title, description: body });
      return commentOf(understood(issueSchema, data, "GitLab", "the issue"));
    },
    async write(id, body) {
      await ask("PUT", `${issues}/${id}`, REPEATABLE, { description: body });
    },
    async remove(id) {
      await ask("PUT", `${issues}/${id}`, REPEATABLE, { state_event: "close" });
    },
  };
}
