import { UserError } from "../../program/errors.ts";
import { mayPass } from "../../rest/may-pass.ts";
import { patiently } from "../../rest/patience.ts";
import { signedIn, tokenOf, type Session } from "../../rest/session.ts";
import { CALL_MS, type Connection } from "./connection.ts";
import { CvatError } from "./errors.ts";
import { exchange, type Call } from "./exchange.ts";
import type { Request } from "./types.ts";

export interface CallOptions {
  query?: Call["query"];
  /** Slug of the organization it is about; "" is the user's own space. Left out: all of them. */
  organization?: string;
}

/** CVAT gives 10 records a page unless told otherwise. (cvat-rest-measured.md 7.1) */
const PAGE_SIZE = 100;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
/** A call that was tried for this long is given up. */
const TRIED_FOR_MS = 180_000;
const LOGIN = "auth/login";

export interface ClientOptions {
  /** Default: one of its own. */
  session?: Session;
  /** An access token, by which all is done: what refuses it is told, and nobody signs in by a password. Default: there is none. */
  accessToken?: string | undefined;
  /** Breaks calls off. Default: nothing does. */
  signal?: AbortSignal;
  /** How often a call is tried that may be done twice. Default: 5. */
  attempts?: number;
}

/** The account does not exist any more, is switched off, or has another password. */
export class PasswordRefused extends UserError {}

interface Page<T> {
  count: number;
  next: string | null;
  results: T[];
}

/**
 * CVAT's REST API for one account. It signs in at the first call that needs it, and once more when its token is refused; it never signs out,
 * since that would end every other program's token of the same account. (cvat-rest-measured.md 1.7)
 *
 * Calls that may be done twice (GET, PATCH, DELETE) are tried again when CVAT is busy or the connection drops, and those that change nothing
 * once more after a 500. A POST is not, but for one that CVAT refused to look at (429): whoever makes a record looks for it afterwards.
 */
export class CvatClient {
  readonly #connection: Connection;
  readonly #limitMs: number;
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  readonly #attempts: number;
  readonly #signsIn: boolean;

  constructor(connection: Connection, { session = {}, accessToken, signal, attempts = ATTEMPTS }: ClientOptions = {}) {
    this.#connection = connection;
    this.#limitMs = connection.callMs ?? CALL_MS;
    this.#signal = signal;
    this.#attempts = attempts;
    this.#signsIn = accessToken === undefined;
    this.#session = accessToken === undefined ? session : { token: Promise.resolve(accessToken) };
    if (connection.token !== undefined) session.token ??= Promise.resolve(connection.token);
  }

  get endpoint(): string {
    return this.#connection.endpoint;
  }

  /** Name of the account. */
  get username(): string {
    return this.#connection.username;
  }

  /** The connection with the login key it has now. A record keeps it: CVAT counts sign-ins. */
  async account(): Promise<Connection> {
    return { ...this.#connection, token: await tokenOf(this.#session, () => this.#signIn()) };
  }

  async get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return (await this.#signed({ method: "GET", path, ...options })) as T;
  }

  /** Undefined when there is none of this id. */
  async find<T>(path: string, options: CallOptions = {}): Promise<T | undefined> {
    return this.get<T>(path, options).catch(ifGone(undefined));
  }

  /** Every record of a list. Unknown filters are ignored by CVAT, so compare what comes. (0.4) */
  async list<T>(path: string, { query = {}, ...options }: CallOptions = {}): Promise<T[]> {
    const records: T[] = [];
    for (let page = 1; ; page++) {
      // Not by `next`: it names the host that CVAT believes to have.
      const { results, next } = await this.get<Page<T>>(path, {
        ...options,
        query: { ...query, page_size: PAGE_SIZE, page },
      });
      records.push(...results);
      if (next === null || results.length === 0) return records;
    }
  }

  async post<T>(path: string, body: Call["body"], options: CallOptions = {}): Promise<T> {
    return (await this.#signed({ method: "POST", path, body, ...options })) as T;
  }

  async patch<T>(path: string, body: Call["body"], options: CallOptions = {}): Promise<T> {
    return (await this.#signed({ method: "PATCH", path, body, ...options })) as T;
  }

  /** Removes it; one that is gone is no error. */
  async remove(path: string, options: CallOptions = {}): Promise<void> {
    await this.#signed({ method: "DELETE", path, ...options }).catch(ifGone(undefined));
  }

  /** A long-running request; undefined when CVAT has forgotten it, which it does 500 s after making a task. (4.12) */
  async request(id: string): Promise<Request | undefined> {
    return this.find<Request>(`requests/${encodeURIComponent(id)}`);
  }

  #signed(call: Omit<Call, "limitMs" | "signal" | "token">): Promise<unknown> {
    return signedIn(
      this.#session,
      () => this.#signIn(),
      (token) => this.#tried({ ...call, token }),
      (error) => this.#signsIn && error instanceof CvatError && error.status === 401,
    );
  }

  async #signIn(): Promise<string> {
    const { username, password, endpoint } = this.#connection;
    const login = { method: "POST", path: LOGIN, body: { username, password } } as const;
    try {
      const { key } = (await this.#tried(login, true)) as { key: string };
      return key;
    } catch (error) {
      if (!(error instanceof CvatError) || error.status !== 400) throw error;
      throw new PasswordRefused(
        `CVAT at ${endpoint} refuses the password of its user ${username}. If it was changed in CVAT, put the new one into the stack.`,
        { cause: error },
      );
    }
  }

  #tried(call: Omit<Call, "limitMs" | "signal">, repeatable = call.method !== "POST"): Promise<unknown> {
    const { endpoint } = this.#connection;
    const changesNothing = call.method === "GET" || call.path === LOGIN;
    return patiently(() => exchange(endpoint, { ...call, limitMs: this.#limitMs, signal: this.#signal }), {
      attempts: this.#attempts,
      firstPauseMs: FIRST_PAUSE_MS,
      triedForMs: TRIED_FOR_MS,
      signal: this.#signal,
      mayPass: (error, attempt) =>
        error instanceof CvatError && mayPass(error, { repeatable, changesNothing }, attempt),
    });
  }
}

function ifGone<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof CvatError && error.status === 404) return instead;
    throw error;
  };
}
