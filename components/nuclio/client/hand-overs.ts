import { until } from "../../rest/until.ts";
import { Unreached, type ApiAnswer, type ApiRequest } from "../../kubernetes/api-server.ts";
import { UserError } from "../../program/errors.ts";
import { isGivenUp } from "./pages.ts";
import type { LiveFunction } from "./types.ts";

/** How long is waited for a function whose code is fetched slowly. */
export interface Fetch {
  /** Milliseconds until it must be there. */
  withinMs: number;
  /** Milliseconds between two looks. */
  everyMs: number;
}

export const FETCH: Fetch = { withinMs: 15 * 60_000, everyMs: 2000 };

/** Whether a request hands a function over; the dashboard may build it then. */
export function isHandOver({ method, path }: Pick<ApiRequest, "method" | "path">): boolean {
  return path.startsWith("/api/functions") && (method === "POST" || method === "PUT");
}

/** What is made of a hand-over whose answer stayed away: the dashboard goes on with it as with one that was given up. */
export function lateAnswer(error: unknown): ApiAnswer {
  const cause = error instanceof UserError ? error.cause : undefined;
  if (cause instanceof Unreached && cause.isLate) return LATE;
  throw error;
}

const LATE: ApiAnswer = { status: 500, text: '{"error":"Timed out waiting for creation state to be set"}' };

/**
 * Whether Nuclio is at work on a function all the same: it holds the answer until the code is there, a minute at most, and goes on.
 * (nuclio-real.md, F6; nuclio: dashboard/resource/function.go, storeAndDeployFunction)
 */
export function isUnderWay(answer: ApiAnswer): boolean {
  return isGivenUp(answer) || (answer.status === 500 && /Timed out waiting for creation state/.test(answer.text));
}

/**
 * Waits until Nuclio has stored a function whose code it fetches.
 * @param before what it had before the hand-over
 * @param signal ends the wait
 * @throws UserError when it does not come
 */
export async function stored(
  name: string,
  before: LiveFunction | undefined,
  find: (name: string) => Promise<LiveFunction | undefined>,
  { withinMs, everyMs }: Fetch,
  signal?: AbortSignal,
): Promise<"accepted"> {
  await until(() => find(name), {
    isDone: (live) => live?.metadata.resourceVersion !== before?.metadata.resourceVersion,
    everyMs,
    withinMs,
    late: () =>
      new UserError(
        `Nuclio has fetched the code of function ${name} for ${Math.round(withinMs / 60_000)} minutes and more, and has nothing to show: ` +
          `see vision-platform:functions.${name}.build.source, and the dashboard's log: kubectl logs deployment/cvat-nuclio-dashboard`,
      ),
    signal,
  });
  return "accepted";
}
