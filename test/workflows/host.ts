import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const TOKEN = "token-of-the-job-4f1c";
export const REPOSITORY = "lab/platform";
/** Whose the token of a workflow is. */
export const ACTIONS = "github-actions[bot]";

/** What stands for GitHub's API, as far as the verbs `ci` ask for it. Its answers have the fields of GitHub's documentation, and more of them. */
export interface StandInHost {
  api: string;
  runs: RunThere[];
  pulls: PullThere[];
  issues: IssueThere[];
  /** Reviewers that each environment requires. */
  environments: Record<string, number>;
  /** What was asked, without the token. */
  asked: string[];
  /** Leaves a file of a run, as `upload-artifact` does with `archive: false`. */
  leave: (run: number, name: string, content: Buffer | string, more?: { expired?: boolean; says?: number }) => void;
  /** Address of the API that answers what this one does not know, such as comments. Default: none. */
  beside: string | undefined;
  close: () => void;
}

export interface RunThere {
  id: number;
  path: string;
  event: string;
  head_branch: string | null;
  head_sha: string;
  /** OWNER/NAME. */
  from: string;
  run_number: number;
}

export interface IssueThere {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  user: { login: string };
  /** It is a pull request, which GitHub lists among issues. */
  pull_request?: object;
}

export interface PullThere {
  number: number;
  state: "open" | "closed";
  merged_at: string | null;
  merge_commit_sha: string | null;
  sha: string;
  branch: string;
  /** OWNER/NAME; null: the fork is gone. */
  from: string | null;
}

export async function startHost(): Promise<StandInHost> {
  const files: {
    id: number;
    run: number;
    name: string;
    content: Buffer;
    expired: boolean;
    says?: number | undefined;
  }[] = [];
  const storage = createServer((request, response) => {
    // The place of the files is another host, which is shown no token.
    if (request.headers.authorization) return void response.writeHead(400).end("a token");
    const file = files.find(({ id }) => request.url === `/${id}`);
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(file?.content);
  });
  const storageUrl = await listening(storage);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://any");
    host.asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const json = (status: number, body: unknown) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${TOKEN}` && request.headers.authorization !== `token ${TOKEN}`) {
      json(401, { message: "Bad credentials" });
      return;
    }
    const path = url.pathname.replace(`/repos/${REPOSITORY}`, "");
    const query = (name: string) => url.searchParams.get(name);
    const [, run] = /^\/actions\/runs\/(\d+)$/.exec(path) ?? [];
    const [, ofRun] = /^\/actions\/runs\/(\d+)\/artifacts$/.exec(path) ?? [];
    const [, artifact] = /^\/actions\/artifacts\/(\d+)\/zip$/.exec(path) ?? [];
    const [, ofWorkflow] = /^\/actions\/workflows\/([\w.-]+)\/runs$/.exec(path) ?? [];
    const [, ofCommit] = /^\/commits\/([0-9a-f]+)\/pulls$/.exec(path) ?? [];
    const [, name] = /^\/environments\/(.+)$/.exec(path) ?? [];
    if (run !== undefined) {
      const found = host.runs.find(({ id }) => id === Number(run));
      if (found) json(200, runBody(found));
      else json(404, { message: "Not Found" });
      return;
    }
    if (ofRun !== undefined) {
      const own = files.filter((one) => one.run === Number(ofRun) && one.name === (query("name") ?? one.name));
      const artifacts = own.map(({ id, name, content, expired, says }) => ({
        id,
        name,
        size_in_bytes: says ?? content.length,
        expired,
        digest: null,
      }));
      json(200, { total_count: artifacts.length, artifacts });
      return;
    }
    if (artifact !== undefined) return void response.writeHead(302, { location: `${storageUrl}/${artifact}` }).end();
    if (ofWorkflow !== undefined) {
      const own = host.runs.filter(
        (one) =>
          one.path.split("@")[0]?.endsWith(`/${ofWorkflow}`) && one.head_sha === (query("head_sha") ?? one.head_sha),
      );
      const asked = own.filter((one) => one.event === (query("event") ?? one.event));
      json(200, { total_count: asked.length, workflow_runs: asked.map(runBody) });
      return;
    }
    if (ofCommit !== undefined) {
      json(200, host.pulls.filter((one) => one.merge_commit_sha === ofCommit || one.sha === ofCommit).map(pullBody));
      return;
    }
    if (path === "/pulls" && request.method === "GET" && !host.beside) {
      const heads = host.pulls.filter((one) => query("head") === `${(one.from ?? "").split("/")[0]}:${one.branch}`);
      json(200, heads.filter(({ state }) => state === (query("state") ?? "open")).map(pullBody));
      return;
    }
    if (name !== undefined) {
      const reviewers = host.environments[decodeURIComponent(name)];
      if (reviewers === undefined) {
        json(404, { message: "Not Found" });
        return;
      }
      const rule = {
        id: 1,
        type: "required_reviewers",
        reviewers: Array.from({ length: reviewers }, () => ({ type: "User" })),
      };
      json(200, { name, protection_rules: reviewers === 0 ? [{ id: 2, type: "branch_policy" }] : [rule] });
      return;
    }
    if (path === "/issues" || /^\/issues\/\d+$/.test(path) || path === "/graphql") void issues(request, path, json);
    else if (host.beside) void forward(host.beside, request, response);
    else json(404, { message: "Not Found" });
  });
  /** docs.github.com: REST API endpoints for issues. The account of Actions' own token is told by GraphQL alone. */
  async function issues(request: IncomingMessage, path: string, json: (status: number, body: unknown) => void) {
    const body = await bodyOf(request);
    if (path === "/graphql") json(200, { data: { viewer: { login: ACTIONS } } });
    else if (request.method === "GET") {
      const first = new URL(request.url ?? "/", "http://any").searchParams.get("page") === "1";
      json(200, first ? host.issues.filter(({ state }) => state === "open") : []);
    } else if (request.method === "POST") {
      const [number, title, text] = [30 + host.issues.length, String(body["title"]), String(body["body"])];
      const made: IssueThere = { number, title, body: text, state: "open", user: { login: ACTIONS } };
      host.issues.push(made);
      json(201, made);
    } else {
      const found = host.issues.find(({ number }) => path === `/issues/${number}`);
      if (found) json(200, Object.assign(found, body));
      else json(404, { message: "Not Found" });
    }
  }

  const host: StandInHost = {
    api: await listening(server),
    runs: [],
    pulls: [],
    environments: {},
    asked: [],
    leave: (run, name, content, { expired = false, says } = {}) =>
      void files.push({ id: 900 + files.length, run, name, content: Buffer.from(content), expired, says }),
    issues: [],
    beside: undefined,
    close: () => {
      for (const one of [server, storage]) {
        one.closeAllConnections();
        one.close();
      }
    },
  };
  return host;
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const text = Buffer.concat(parts).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function forward(api: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { authorization = "", "user-agent": agent = "" } = request.headers;
  const headers = { authorization, "user-agent": agent, "content-type": "application/json" };
  const body = JSON.stringify(await bodyOf(request));
  const { method = "GET" } = request;
  const plain = method === "GET" || method === "DELETE";
  const answer = await fetch(`${api}${request.url ?? ""}`, { method, headers, ...(!plain && { body }) });
  const link = answer.headers.get("link");
  response
    .writeHead(answer.status, { "content-type": "application/json", ...(link && { link }) })
    .end(await answer.text());
}

const repositoryBody = (name: string) => ({ full_name: name, owner: { login: name.split("/")[0] }, private: false });

const runBody = ({ from, ...run }: RunThere) => ({
  name: "preview",
  status: "completed",
  ...run,
  head_repository: repositoryBody(from),
  repository: repositoryBody(REPOSITORY),
});

const pullBody = ({ number, state, merged_at, merge_commit_sha, sha, branch, from }: PullThere) => ({
  number,
  state,
  merged_at,
  merge_commit_sha,
  head: { sha, ref: branch, repo: from === null ? null : repositoryBody(from) },
  base: { ref: "main", repo: repositoryBody(REPOSITORY) },
});

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
