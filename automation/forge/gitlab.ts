import { z } from "zod";
import { call, jsonOf, NoAnswer } from "../../components/rest/call.ts";
import { RestError, shortened } from "../../components/rest/errors.ts";
import type { Sent } from "../../components/rest/may-pass.ts";
import { understood, unlessGone } from "./answers.ts";
import { again, LIMIT_MS, LOOKS, REPEATABLE, type Calls, type Host } from "./host.ts";
import type { Comment } from "./settle.ts";

/** Where a merge request is, and who asks. */
export interface GitlabPlace extends Calls {
  /** `https://gitlab.example/api/v4`. */
  api: string;
  /** The project with the merge request: its number, or its path. */
  repository: string;
  /** The project with the commit: a fork's commits are the fork's. */
  statusRepository: string;
  token: string;
  /** Where a person reads the merge request. */
  web: string | undefined;
}

const noteSchema = z.object({
  id: z.number().int(),
  body: z.string(),
  author: z.object({ username: z.string() }).nullish(),
});

const PER_PAGE = 100;
const MOST_PAGES = 100;

/** A merge request of GitLab. (Its API: docs.gitlab.com/api/notes, /api/commits; not tried against a real one.) */
export function gitlab(place: GitlabPlace, iid: number): Host {
  const { repository, statusRepository, web } = place;
  const notes = `/projects/${encodeURIComponent(repository)}/merge_requests/${iid}/notes`;
  const commentOf = ({ id, body, author }: z.infer<typeof noteSchema>): Comment => ({
    id,
    body,
    author: author?.username ?? "",
    url: web === undefined ? "" : `${web}#note_${id}`,
  });

  const ask = gitlabClient(place);
  return {
    async whoAmI() {
      const { data } = await ask("GET", "/user", LOOKS).catch((error: unknown) => {
        if (error instanceof RestError && error.status === 403) return { data: undefined };
        throw error;
      });
      return z.object({ username: z.string().min(1) }).safeParse(data).data?.username;
    },
    async comments() {
      const pages: Comment[][] = [];
      for (let page = 1; page <= MOST_PAGES; page++) {
        const query = `?per_page=${PER_PAGE}&page=${page}&sort=asc&order_by=created_at`;
        const { data, headers } = await ask("GET", `${notes}${query}`, LOOKS);
        pages.push(understood(z.array(noteSchema), data, "GitLab", "notes").map(commentOf));
        if (!/rel="next"/.test(headers.get("link") ?? "")) return pages.flat();
      }
      throw new RestError("GitLab", `GET ${notes}`, `it has more than ${MOST_PAGES} pages of comments`);
    },
    async post(body) {
      const { data } = await ask("POST", notes, undefined, { body });
      return commentOf(understood(noteSchema, data, "GitLab", "the note"));
    },
    async write(id, body) {
      await ask("PUT", `${notes}/${id}`, REPEATABLE, { body });
    },
    async remove(id) {
      await ask("DELETE", `${notes}/${id}`, REPEATABLE).catch(unlessGone);
    },
    async setStatus(sha, { state, context, description, url }) {
      const body = {
        state: state === "failure" ? "failed" : state,
        name: context,
        description,
        ...(url !== undefined && { target_url: url }),
      };
      await ask("POST", `/projects/${encodeURIComponent(statusRepository)}/statuses/${sha}`, REPEATABLE, body);
    },
  };
}

/** One call of GitLab's API; one that is `sent` without a word is sent once. */
export type GitlabAsk = (
  method: string,
  path: string,
  sent: Sent | undefined,
  body?: Record<string, unknown>,
) => Promise<{ data: unknown; headers: Headers }>;

export function gitlabClient({ api, token, ...place }: Pick<GitlabPlace, "api" | "token" | keyof Calls>): GitlabAsk {
  return (method, path, sent, body) => {
    const once = async () => {
      const shown = `${method} ${path}`;
      try {
        const headers = { "private-token": token, ...(body && { "content-type": "application/json" }) };
        const answer = await call(`${api}${path}`, {
          method,
          headers,
          body,
          limitMs: place.limitMs ?? LIMIT_MS,
          signal: place.signal,
        });
        const { status, text, retryAfterMs } = answer;
        if (status >= 300)
          throw new RestError("GitLab", shown, shortened(saidIn(text).replaceAll(token, "[token]")), {
            status,
            retryAfterMs,
          });
        return { data: text === "" ? undefined : jsonOf(answer), headers: answer.headers };
      } catch (error) {
        if (error instanceof NoAnswer) throw new RestError("GitLab", shown, error.message, { cause: error.cause });
        throw error;
      }
    };
    return sent === undefined ? once() : again(once, sent, place);
  };
}

/** `message` may be a text or what is wrong with each field; `error` is of its sign-in. */
function saidIn(text: string): string {
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown };
    const said = message ?? error;
    return typeof said === "string" ? said : JSON.stringify(said);
  } catch {
    return /^\s*</.test(text) ? "a web page" : text || "nothing";
  }
}
