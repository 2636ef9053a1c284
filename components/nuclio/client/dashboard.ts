import { UserError } from "../../program/errors.ts";
import { mayPass } from "../../rest/may-pass.ts";
import { patiently } from "../../rest/patience.ts";
import type { FunctionObject } from "../spec.ts";
import { Unreached, type ApiAnswer, type ApiRequest, type Send } from "../../kubernetes/api-server.ts";
import { FETCH, isHandOver, isUnderWay, lateAnswer, stored, type Fetch } from "./hand-overs.ts";
import { isGivenUp, pageTitle } from "./pages.ts";
import type { LiveFunction } from "./types.ts";

/** What the dashboard answered to one change: done, or the status that says why not. */
export type Change = "accepted" | "conflict" | "busy";

/** Nuclio's dashboard, by its REST API. (nuclio.md, 2c; nuclio: pkg/dashboard/resource) */
export interface Dashboard {
  /** Every function of the namespace, by name. */
  functions(): Promise<Record<string, LiveFunction>>;
  /** One function; undefined when there is none. */
  function(name: string): Promise<LiveFunction | undefined>;
  /** Makes one. `conflict`: there is one of that name. */
  create(wanted: FunctionObject): Promise<Change>;
  /** Deploys one in place of what is there. `busy`: it is being deployed. */
  update(wanted: FunctionObject): Promise<Change>;
  /** Has a function that is not ready tried once more, without a build. */
  restart(name: string): Promise<Change>;
  /** Removes one, whatever it is doing. One that is gone is no error. */
  remove(name: string): Promise<void>;
  project(name: string): Promise<boolean>;
  createProject(name: string): Promise<void>;
  /** Removes a project. False: it still holds functions. */
  removeProject(name: string): Promise<boolean>;
  /** Calls a function as CVAT does. */
  invoke(name: string, path: string, body: unknown, timeoutMs: number): Promise<ApiAnswer>;
}

export interface DashboardOptions {
  namespace: string;
  /** How often a request that did not come through is sent again. Default: 8 times, within about 30 s. */
  retries?: number;
  /** Milliseconds for one answer. The dashboard may take a minute until a function is stored. Default: 90 s. */
  timeoutMs?: number;
  /** How long the dashboard may fetch the code of a function after it stopped holding the answer. Default: {@link FETCH}. */
  fetch?: Fetch;
  /** Ends every wait and every request. Default: nothing does. */
  signal?: AbortSignal;
}

export function dashboard(
  send: Send,
  { namespace, retries = 8, timeoutMs = 90_000, fetch = FETCH, signal }: DashboardOptions,
): Dashboard {
  // Every change here may be sent twice: a second POST is a conflict, which is looked into, and the others end where they began. Not so a
  // function whose code the dashboard still fetches: each such request builds once more. (nuclio-real.md, F6)
  const ask = (request: Omit<ApiRequest, "timeoutMs">, times = retries): Promise<ApiAnswer> =>
    patiently(
      async (attempt) => {
        const answer = await send({ ...request, headers: { ...HEADERS(namespace), ...request.headers }, timeoutMs });
        const isLeft = isHandOver(request) && isGivenUp(answer);
        if (!isLeft && isWorthAnotherTry(request, answer, attempt)) throw new Unreached(errorText(answer), answer);
        return answer;
      },
      {
        attempts: times + 1,
        firstPauseMs: 300,
        longestPauseMs: 5000,
        signal,
        mayPass: (error, attempt) =>
          error instanceof Unreached &&
          !(isHandOver(request) && error.isLate) &&
          isWorthAnotherTry(request, error, attempt),
      },
    ).catch((error: unknown) => {
      throw error instanceof Unreached ? notReached(error, namespace) : error;
    });
  const find = async (name: string): Promise<LiveFunction | undefined> => {
    const answer = await ask({ method: "GET", path: `/api/functions/${name}` });
    return answer.status === 404 ? undefined : (json(answer) as LiveFunction);
  };
  const deploy = async (
    request: Omit<ApiRequest, "timeoutMs">,
    name: string,
    before?: LiveFunction,
  ): Promise<Change> => {
    const answer = await ask(request).catch(lateAnswer);
    if (isHandOver(request) && isUnderWay(answer)) return stored(name, before, find, fetch, signal);
    if (answer.status === 202 || answer.status === 204) return "accepted";
    if (answer.status === 409) return "conflict";
    if (answer.status === 412 && /provision|building/i.test(errorText(answer))) return "busy";
    throw refused(name, answer);
  };

  return {
    async functions() {
      return json(await ask({ method: "GET", path: "/api/functions" })) as Record<string, LiveFunction>;
    },
    function: find,
    create: (wanted) => deploy({ method: "POST", path: "/api/functions", body: wanted }, wanted.metadata.name),
    async update(wanted) {
      const { name } = wanted.metadata;
      return deploy({ method: "PUT", path: `/api/functions/${name}`, body: wanted }, name, await find(name));
    },
    restart: (name) =>
      deploy({ method: "PATCH", path: `/api/functions/${name}`, body: { desiredState: "ready" } }, name),
    async remove(name) {
      const answer = await ask({
        method: "DELETE",
        path: "/api/functions",
        // One that hangs in `building` could not be removed otherwise. (nuclio.md, 2c)
        headers: { "x-nuclio-delete-function-ignore-state-validation": "true" },
        body: { metadata: { name, namespace } },
      }).catch(goneWithNuclio);
      if (answer.status !== 204 && answer.status !== 404) throw refused(name, answer);
    },
    async project(name) {
      const answer = await ask({ method: "GET", path: `/api/projects/${name}` });
      if (answer.status === 404) return false;
      json(answer);
      return true;
    },
    async createProject(name) {
      const body = { metadata: { name, namespace }, spec: {} };
      const answer = await ask({ method: "POST", path: "/api/projects", body });
      if (answer.status !== 201 && answer.status !== 409)
        throw new UserError(`Nuclio does not make its project ${name}: ${errorText(answer)}`);
    },
    async removeProject(name) {
      const request = { method: "DELETE", path: "/api/projects", body: { metadata: { name, namespace } } } as const;
      const answer = await ask(request).catch(goneWithNuclio);
      if (answer.status === 204 || answer.status === 404) return true;
      if (answer.status === 412) return false;
      throw new UserError(`Nuclio does not remove its project ${name}: ${errorText(answer)}`);
    },
    invoke: (name, path, body, limit) =>
      send({
        method: "POST",
        path: "/api/function_invocations",
        headers: {
          ...HEADERS(namespace),
          "x-nuclio-function-name": name,
          "x-nuclio-path": path,
          "x-nuclio-invoke-timeout": `${Math.ceil(limit / 1000)}s`,
        },
        body,
        timeoutMs: limit + 5000,
      }).catch((error: unknown) => {
        throw error instanceof Unreached ? notReached(error, namespace) : error;
      }),
  };
}

/** What timed out is asked again, too, unless it hands a function over. */
function isWorthAnotherTry(
  { method }: Pick<ApiRequest, "method">,
  { status }: Pick<Unreached, "status">,
  attempt: number,
) {
  return mayPass({ status, isLate: false }, { repeatable: true, changesNothing: method === "GET" }, attempt);
}

const HEADERS = (namespace: string) => ({ "x-nuclio-function-namespace": namespace });

function json(answer: ApiAnswer): unknown {
  if (answer.status !== 200) throw new UserError(`Nuclio's dashboard answers ${answer.status}: ${errorText(answer)}`);
  try {
    return JSON.parse(answer.text);
  } catch (error) {
    const title = pageTitle(answer);
    throw new UserError(
      title === undefined
        ? "Nuclio's dashboard answers with something that is no JSON: is another program behind its Service?"
        : `Nuclio's dashboard answers with a web page, "${title}": is another program behind its Service?`,
      {
        cause: error,
      },
    );
  }
}

/** The reason in an answer: the dashboard's JSON has an `error`, and a stack nobody needs. */
export function errorText({ status, text }: ApiAnswer): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === "string" && error !== "") return error;
  } catch {
    // Plain text, or nothing.
  }
  const title = pageTitle({ text });
  if (title !== undefined) return `${title}, says the web server in front of the dashboard`;
  return text.trim().slice(0, 500) || `status ${status}`;
}

function refused(name: string, answer: ApiAnswer): UserError {
  return new UserError(`Nuclio refuses function ${name} (${answer.status}): ${errorText(answer)}`);
}

/** Where Nuclio itself was removed, nothing is left to remove. */
function goneWithNuclio(error: unknown): ApiAnswer {
  const cause = error instanceof UserError ? error.cause : undefined;
  if (cause instanceof Unreached && cause.status === 404) return { status: 404, text: "" };
  throw error;
}

function notReached(error: Unreached, namespace: string): UserError {
  const { message, status } = error;
  const cure =
    status === 403
      ? "The kubeconfig's user needs the right to get and create services/proxy there."
      : "See whether it runs: kubectl -n " + namespace + " get pods -l nuclio.io/app=dashboard";
  return new UserError(
    `Nuclio's dashboard in namespace ${namespace} cannot be reached: ${message.replace(/\.?$/, ".")} ${cure}`,
    { cause: error },
  );
}
