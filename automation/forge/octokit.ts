import { Octokit } from "@octokit/core";
import { call, NoAnswer } from "../../components/rest/call.ts";
import { RestError, shortened } from "../../components/rest/errors.ts";
import { retryAfterMs } from "../../components/rest/patience.ts";
import { pageTitle } from "../../components/rest/answer.ts";
import { again, LIMIT_MS, type Calls } from "./host.ts";
import type { Sent } from "../../components/rest/may-pass.ts";

/** One call of the API that GitHub, Gitea and Forgejo share. `{owner}` and such in the path are filled in. */
export interface ForgeCall {
  /** `GET /repos/{owner}/{repo}/pulls`. */
  route: string;
  parameters?: Readonly<Record<string, unknown>>;
  /** What it does when it is sent twice. Undefined: it is sent once. */
  sent: Sent | undefined;
}

export interface ForgeAnswer {
  data: unknown;
  /** The header that says where the next page is; Gitea's comments come all at once, and without it. (pull-requests.md, 1) */
  link: string | undefined;
}

export type Ask = (call: ForgeCall) => Promise<ForgeAnswer>;

/**
 * A client of one host, without the plugin that sends calls again: it sends a POST again after a 502, and does not read Retry-After.
 * (pull-requests.md, 2)
 * @param name what the host is called in errors
 */
export function forgeClient(name: string, { api, token, ...calls }: Calls & { api: string; token: string }): Ask {
  const octokit = new Octokit({
    baseUrl: api,
    auth: token,
    userAgent: "vision-platform",
    log: quiet,
    request: { fetch: houseFetch(calls), log: quiet },
  });
  return ({ route, parameters, sent }) => {
    const once = async (): Promise<ForgeAnswer> => {
      try {
        const answer = await octokit.request(route, { headers: API_VERSION, ...parameters });
        const { status, headers } = answer;
        // Another place than the one that was asked for gets no token.
        if (status >= 300)
          throw new RestError(
            name,
            shownCall(route, parameters),
            `it has moved to ${headers.location ?? "another place"}`,
            {
              status,
            },
          );
        return { data: answer.data as unknown, link: headers.link };
      } catch (error) {
        throw restError(name, shownCall(route, parameters), error, token);
      }
    };
    return sent === undefined ? once() : again(once, sent, calls);
  };
}

/** GitHub's; the others do not look at it. */
const API_VERSION = { "x-github-api-version": "2022-11-28" };

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The house's way to call, as octokit asks for it: with a limit of time and size, redirects as answers, and the proxies of the environment. */
function houseFetch({ limitMs = LIMIT_MS, signal }: Calls) {
  return async (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: string },
  ) => {
    const json = body === undefined ? undefined : (JSON.parse(body) as Record<string, unknown>);
    const answer = await call(url, { method, headers, body: json, limitMs, signal });
    return new Response(answer.text === "" ? null : answer.text, { status: answer.status, headers: answer.headers });
  };
}

type Headers = Readonly<Record<string, string | undefined>>;

/** What octokit throws, for answers and, with a status that nobody sent, where none came. */
interface OctokitError extends Error {
  status?: number;
  response?: { data: unknown; headers: Headers };
}

function restError(name: string, shown: string, error: unknown, token: string): Error {
  if (error instanceof RestError) return error;
  const { cause, response, status = 0 } = error as OctokitError;
  if (cause instanceof NoAnswer) return new RestError(name, shown, cause.message, { cause: cause.cause });
  // What the run was ended with, and mistakes of ours.
  if (response === undefined) return cause instanceof Error ? cause : (error as Error);
  const { headers } = response;
  const limited = status === 403 ? limitedForMs(headers) : undefined;
  return new RestError(name, shown, shortened(saidIn(response.data).replaceAll(token, "[token]")), {
    // A limit of calls is told as 403, too, and turns away what was not done.
    status: limited === undefined ? status : 429,
    retryAfterMs: limited ?? retryAfterMs(headers["retry-after"]),
    cause: error,
  });
}

/** How long GitHub asks to wait where a 403 is its limit of calls: by Retry-After, else until the limit begins anew. */
function limitedForMs(headers: Headers): number | undefined {
  const asked = retryAfterMs(headers["retry-after"]);
  if (asked !== undefined) return asked;
  if (headers["x-ratelimit-remaining"] !== "0") return undefined;
  return Math.max(0, Number(headers["x-ratelimit-reset"]) * 1000 - Date.now()) || 0;
}

/** What an answer says: the host's own words, without its address of documentation. */
function saidIn(data: unknown): string {
  if (typeof data === "string") {
    const title = pageTitle(data);
    return title === undefined ? data || "nothing" : `a web page${title && ` "${title}"`}`;
  }
  const { message, errors } = (data ?? {}) as { message?: unknown; errors?: unknown };
  const more = Array.isArray(errors) && errors.length > 0 ? `: ${JSON.stringify(errors)}` : "";
  return `${typeof message === "string" && message !== "" ? message : "nothing"}${more}`;
}

/** The call in an error: the method and the path with its parameters filled in. */
function shownCall(route: string, parameters: ForgeCall["parameters"] = {}): string {
  return route.replace(/\{(\w+)\}/g, (whole, name: string) => (name in parameters ? String(parameters[name]) : whole));
}
