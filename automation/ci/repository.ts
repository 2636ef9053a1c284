import type { z } from "zod";
import { UserError } from "../../components/program/errors.ts";
import { get, HttpFailure, isTrustworthy, PATIENCE, type Answer, type Patience } from "../http.ts";

/** More than any list or object that is asked for here. */
const DOCUMENT_LIMIT = 16 * 1024 * 1024;
const NEEDED = ["GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"] as const;

/** The repository whose workflow runs, as its host's API tells of it: GitHub's, and what Gitea and Forgejo have of the same. Only reads. */
export interface Repository {
  /** OWNER/NAME. */
  name: string;
  /**
   * What `path` below the repository holds, in the form that is expected; `undefined` where there is no such thing.
   * @throws UserError where the host does not answer, refuses, or answers something else
   */
  ask<T>(path: string, form: z.ZodType<T>): Promise<T | undefined>;
  /**
   * The bytes of `path`, at most `limit`.
   * @throws UserError as `ask`, and where there are more
   */
  bytes(path: string, limit: number): Promise<Buffer>;
}

/**
 * From what the host gives each step of a workflow (GITHUB_API_URL, GITHUB_REPOSITORY), and the token that the step was given by GITHUB_TOKEN.
 * @throws UserError that names every variable which is missing
 */
export function repositoryOf(env: NodeJS.ProcessEnv, patience: Patience = PATIENCE): Repository {
  const missing = NEEDED.filter((name) => !env[name]);
  if (missing.length > 0)
    throw new UserError(
      `${missing.join(", ")}: not set. This runs inside a workflow, which sets them; GITHUB_TOKEN is given to the step: env: {GITHUB_TOKEN: \${{ github.token }}}`,
      { exitCode: 2 },
    );
  const [api = "", name = "", token = ""] = NEEDED.map((variable) => env[variable]);
  if (!isTrustworthy(api)) throw new UserError(`GITHUB_API_URL: must be an https:// address`, { exitCode: 2 });
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) throw new UserError("GITHUB_REPOSITORY: must be OWNER/NAME", { exitCode: 2 });

  const answerOf = async (path: string, limit: number): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, accept: "application/vnd.github+json" };
    try {
      return await get(new URL(`${api}/repos/${name}${path}`), { headers, limit, patience });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw new UserError(`${what(path)}: ${error.message}`, { cause: error });
    }
  };
  return {
    name,
    async ask(path, form) {
      const answer = await answerOf(path, DOCUMENT_LIMIT);
      if (answer.status === 404) return undefined;
      accepted(answer, path);
      const read = form.safeParse(contentOf(answer));
      if (!read.success) throw new UserError(`${answer.url.host} answers something else than ${what(path)}`);
      return read.data;
    },
    async bytes(path, limit) {
      const answer = await answerOf(path, limit);
      accepted(answer, path);
      return answer.body;
    },
  };
}

/** What is asked for, without the query, in an error. */
const what = (path: string) => path.replace(/\?.*/, "").slice(1);

function accepted({ status, url }: Answer, path: string): void {
  if (status >= 200 && status < 300) return;
  const cure: Record<number, string> = {
    401: ": the token is not known, or has ended",
    403: ": the token may not do this; see `permissions` of the workflow's job",
    410: ": it is past its time and was deleted",
  };
  throw new UserError(`${url.host} answers ${status} for ${what(path)}${cure[status] ?? ""}`);
}

function contentOf({ body }: Answer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
