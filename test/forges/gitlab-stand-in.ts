import { startWeb, type Asked, type Reply, type WebServer } from "./web.ts";

export const PROJECT = "42";
export const IID = 5;

export interface Note {
  id: number;
  body: string;
  author: { username: string };
}

export interface Gitlab extends WebServer {
  api: string;
  notes: Note[];
  statuses: Record<string, unknown>[];
}

/** GitLab as far as the comment of a merge request asks it. (docs.gitlab.com: REST API, notes, commits; a job's own token: gitlab#464591) */
export async function startGitlab(
  tokens: Record<string, { username: string }>,
  pause?: () => Promise<void>,
): Promise<Gitlab> {
  const notes: Note[] = [];
  const statuses: Gitlab["statuses"] = [];
  let id = 1_000;
  const answer = ({ method, url, headers, body }: Asked): Reply => {
    const path = url.pathname.replace(/^\/api\/v4/, "");
    const account = tokens[String(headers["private-token"])];
    if (account === undefined) return { status: 401, body: { message: "401 Unauthorized" } };
    if (path === "/user") return { status: 200, body: account };
    if (path.startsWith(`/projects/${PROJECT}/statuses/`)) {
      statuses.push(body);
      return { status: 201, body: {} };
    }
    const [, iid, one] = new RegExp(`^/projects/${PROJECT}/merge_requests/(\\d+)/notes(?:/(\\d+))?$`).exec(path) ?? [];
    if (iid === undefined) return { status: 404, body: { message: "404 Project Not Found" } };
    if (Number(iid) !== IID) return { status: 404, body: { message: "404 Not found" } };
    if (one === undefined && method === "GET") {
      const per = Math.min(Number(url.searchParams.get("per_page") ?? 20), 100);
      const page = Number(url.searchParams.get("page") ?? 1);
      const more = page * per < notes.length;
      const link: Record<string, string> = more ? { link: `<${url.href}&page=${page + 1}>; rel="next"` } : {};
      return {
        status: 200,
        headers: { "x-next-page": more ? String(page + 1) : "", ...link },
        body: notes.slice((page - 1) * per, page * per),
      };
    }
    if (one === undefined) {
      if (typeof body["body"] !== "string" || body["body"] === "")
        return { status: 400, body: { error: "body is missing" } };
      const note = { id: id++, body: body["body"], author: account };
      notes.push(note);
      return { status: 201, body: note };
    }
    const at = notes.findIndex((note) => note.id === Number(one));
    const note = notes[at];
    if (note === undefined) return { status: 404, body: { message: "404 Note Not Found" } };
    if (method === "DELETE") {
      notes.splice(at, 1);
      return { status: 204 };
    }
    note.body = String(body["body"]);
    return { status: 200, body: note };
  };
  const web = await startWeb(answer, pause);
  return { ...web, api: `${web.url}/api/v4`, notes, statuses };
}
