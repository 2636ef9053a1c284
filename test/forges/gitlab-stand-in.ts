import { startWeb, type Asked, type Reply, type WebServer } from "./web.ts";

export const PROJECT = "42";
export const IID = 5;

export interface Note {
  id: number;
  body: string;
  author: { username: string };
}

export interface GitlabIssue {
  iid: number;
  title: string;
  description: string;
  state: "opened" | "closed";
  author: { username: string };
}

export interface Gitlab extends WebServer {
  api: string;
  notes: Note[];
  issues: GitlabIssue[];
  statuses: Record<string, unknown>[];
  /** Files of the registry of generic packages, `PACKAGE/VERSION/FILE`. */
  packages: Map<string, Buffer>;
}

/** The token of a job, which may not write notes, issues or statuses. (gitlab#464591) */
export const JOB_TOKEN = "job-token-canary-8d2";

/**
 * GitLab as far as its ready pipeline asks it. (docs.gitlab.com: REST API, notes, commits, issues, generic packages repository. Files of the registry
 * lie in an object store, as on gitlab.com, which takes no sign-in beside its own signed address.)
 */
export async function startGitlab(
  tokens: Record<string, { username: string }>,
  pause?: () => Promise<void>,
): Promise<Gitlab> {
  const notes: Note[] = [];
  const issues: GitlabIssue[] = [];
  const packages: Gitlab["packages"] = new Map();
  const statuses: Gitlab["statuses"] = [];
  let id = 1_000;
  const store = await startWeb(({ url, headers }): Reply => {
    if (headers.authorization !== undefined || headers["job-token"] !== undefined) return { status: 400 };
    const file = packages.get(url.pathname.slice(1));
    return file === undefined ? { status: 404 } : { status: 200, body: file };
  });
  /** The header is for both ways; a sign-in with a job's token is for reading. (gitlab!138770) */
  const packaged = (file: string, { method, headers, bytes }: Asked): Reply => {
    const basic = `Basic ${Buffer.from(`gitlab-ci-token:${JOB_TOKEN}`).toString("base64")}`;
    const mayRead = headers["job-token"] === JOB_TOKEN || headers.authorization === basic;
    if (!(method === "GET" ? mayRead : headers["job-token"] === JOB_TOKEN))
      return { status: 401, body: { message: "401 Unauthorized" } };
    if (!/^[\w.-]+\/[\w.+-]+\/[\w.~@+-]+$/.test(file)) return { status: 400, body: { error: "file_name is invalid" } };
    if (method === "PUT") {
      packages.set(file, bytes);
      return { status: 201, body: { message: "201 Created" } };
    }
    if (!packages.has(file)) return { status: 404, body: { message: "404 Package file Not Found" } };
    return { status: 302, headers: { location: `${store.url}/${file}` }, body: Buffer.from("<html>moved</html>") };
  };

  const issued = (iid: string | undefined, { method, url, body }: Asked, author: { username: string }): Reply => {
    if (iid === undefined && method === "GET") {
      const state = url.searchParams.get("state");
      return { status: 200, body: issues.filter((one) => state === null || one.state === state) };
    }
    if (iid === undefined) {
      const { title, description = "" } = body as { title?: string; description?: string };
      if (!title) return { status: 400, body: { error: "title is missing" } };
      issues.push({ iid: issues.length + 1, title, description, state: "opened", author });
      return { status: 201, body: issues.at(-1) };
    }
    const issue = issues.find((one) => one.iid === Number(iid));
    if (issue === undefined) return { status: 404, body: { message: "404 Issue Not Found" } };
    const { description, state_event: event } = body as { description?: string; state_event?: string };
    if (description === undefined && event !== "close") return { status: 400, body: { error: "nothing to change" } };
    if (description !== undefined) issue.description = description;
    if (event === "close") issue.state = "closed";
    return { status: 200, body: issue };
  };

  const answer = (asked: Asked): Reply => {
    const { method, url, headers, body } = asked;
    const path = url.pathname.replace(/^\/api\/v4/, "");
    const [, file] = new RegExp(`^/projects/${PROJECT}/packages/generic/(.+)$`).exec(path) ?? [];
    if (file !== undefined) return packaged(file, asked);
    const account = tokens[String(headers["private-token"])];
    if (account === undefined) return { status: 401, body: { message: "401 Unauthorized" } };
    if (path === "/user") return { status: 200, body: account };
    if (path.startsWith(`/projects/${PROJECT}/statuses/`)) {
      statuses.push(body);
      return { status: 201, body: {} };
    }
    const [isIssue, issue] = new RegExp(`^/projects/${PROJECT}/issues(?:/(\\d+))?$`).exec(path) ?? [];
    if (isIssue !== undefined) return issued(issue, asked, account);
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
  const end = async () => {
    await Promise.all([web.end(), store.end()]);
  };
  return { ...web, api: `${web.url}/api/v4`, notes, issues, statuses, packages, end };
}
