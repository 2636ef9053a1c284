import { mayPass, type Sent } from "../../components/rest/may-pass.ts";
import { RestError } from "../../components/rest/errors.ts";
import { patiently } from "../../components/rest/patience.ts";
import type { Comment } from "./settle.ts";

/** A commit status: the sign beside a commit. */
export interface Status {
  /** Whether a person may merge by it. */
  state: "success" | "failure";
  /** What it is a status of: `vision-platform/lab`. Another of the same name takes its place. */
  context: string;
  /** In words, at most 140 characters. */
  description: string;
  /** Where more of it is. */
  url: string | undefined;
}

/** What a host is asked about one pull request. Every call fails with a RestError. */
export interface Host {
  /** Who the token belongs to; undefined where it may not ask. */
  whoAmI(): Promise<string | undefined>;
  /** All comments, of everybody. */
  comments(): Promise<Comment[]>;
  /** Sent once: nobody knows of a failed one whether it was done. */
  post(text: string): Promise<Comment>;
  write(id: number, text: string): Promise<void>;
  /** One that is gone is no error. */
  remove(id: number): Promise<void>;
  /** Of a commit. A second one of the same name does no harm. */
  setStatus(sha: string, status: Status): Promise<void>;
}

/** How the calls of a run are made. */
export interface Calls {
  /** How long an answer may take, in milliseconds. Default: 30 s. */
  limitMs?: number;
  /** Milliseconds before a call is sent again. Default: 1 s; tests have less. */
  firstPauseMs?: number;
  /** Ends the run. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

export const LIMIT_MS = 30_000;
export const FIRST_PAUSE_MS = 1_000;
const ATTEMPTS = 4;
const TRIED_FOR_MS = 120_000;

/** Calls that look, and calls that end where they began when they are sent twice. What makes something is sent by `postedOnce`. */
export const LOOKS: Sent = { repeatable: true, changesNothing: true };
export const REPEATABLE: Sent = { repeatable: true, changesNothing: false };

/** Sends a call again while its failure may pass, and once more after a 500, which Gitea on SQLite answers when it is busy. */
export function again<T>(
  call: () => Promise<T>,
  sent: Sent,
  { firstPauseMs = FIRST_PAUSE_MS, signal }: Calls,
): Promise<T> {
  return patiently(call, {
    attempts: ATTEMPTS,
    firstPauseMs,
    triedForMs: TRIED_FOR_MS,
    signal,
    mayPass: (error, attempt) =>
      error instanceof RestError && (mayPass(error, sent, attempt) || (error.status === 500 && attempt === 1)),
  });
}

/**
 * Posts, and posts again where nobody knows whether it was done only after a look says that it was not. (Clients that send a POST again after a
 * 502 made second comments: pull-requests.md, 2.)
 * @param find the comment that was posted, if it is there
 */
export function postedOnce(
  host: Pick<Host, "post">,
  text: string,
  find: () => Promise<Comment | undefined>,
  { firstPauseMs = FIRST_PAUSE_MS, signal }: Calls,
): Promise<Comment> {
  return patiently(async (attempt) => (attempt > 1 ? await find() : undefined) ?? (await host.post(text)), {
    attempts: ATTEMPTS,
    firstPauseMs,
    triedForMs: TRIED_FOR_MS,
    signal,
    mayPass: (error) => error instanceof RestError && (error.status === 429 || error.maybeDone),
  });
}
