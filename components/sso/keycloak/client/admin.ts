import { isMap } from "../../../program/maps.ts";
import { mayPass } from "../../../rest/may-pass.ts";
import { patiently } from "../../../rest/patience.ts";
import { signedIn, tokenOf, type Session } from "../../../rest/session.ts";
import { CALL_MS } from "../connection.ts";
import type { Place } from "../place.ts";
import { KeycloakError } from "./errors.ts";
import { exchange, type Call, type Done } from "./exchange.ts";

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** A call that was tried for this long is given up. */
const TRIED_FOR_MS = 60_000;

/** Who asks: a client by its own service account, or a person by the client that Keycloak keeps for its command line. */
export type Account =
  { realm: string; clientId: string; secret: string } | { realm: string; username: string; password: string };

export interface AdminOptions {
  /** How long one call may take, in milliseconds. Default: {@link CALL_MS}. */
  callMs?: number | undefined;
  /** Breaks calls off. Default: nothing does. */
  signal?: AbortSignal | undefined;
}

/**
 * Keycloak's admin API of one realm, for one piece of work: a token lives for one minute or five, so it is asked for anew by each. Calls that may
 * be done twice (GET, PUT, DELETE) are tried again when Keycloak is busy or the connection drops; a POST is not: whoever makes something looks for
 * it afterwards. (sign-in-parts.md 2)
 */
export class KeycloakAdmin {
  readonly #place: Place;
  readonly #account: Account;
  readonly #limits: { limitMs: number; signal: AbortSignal | undefined };
  readonly #session: Session = {};
  #tokenLifeMs: number | undefined;

  constructor(place: Place, account: Account, { callMs = CALL_MS, signal }: AdminOptions = {}) {
    this.#place = place;
    this.#account = account;
    this.#limits = { limitMs: callMs, signal };
  }

  /** Proves that Keycloak is there and knows the account. */
  async signIn(): Promise<void> {
    await tokenOf(this.#session, () => this.#signIn());
  }

  /** How long the token that it has is good from when it was given, in milliseconds; undefined before it is signed in. */
  get tokenLifeMs(): number | undefined {
    return this.#tokenLifeMs;
  }

  /** The path is what follows the realm's: `/clients`. "" is the realm itself. */
  async get<T>(path: string, query: Call["query"] = {}): Promise<T> {
    return (await this.#signed({ method: "GET", path, query })).content as T;
  }

  /** Undefined when there is none of this id. */
  find<T>(path: string): Promise<T | undefined> {
    return this.get<T>(path).catch(ifGone);
  }

  /** @returns the id of what was made, where the answer says it */
  async post(path: string, body: Call["body"]): Promise<string | undefined> {
    return (await this.#signed({ method: "POST", path, body })).made;
  }

  async put(path: string, body: Call["body"] = {}): Promise<void> {
    await this.#signed({ method: "PUT", path, body });
  }

  /** Removes it; one that is gone is no error. */
  async remove(path: string, body?: Call["body"]): Promise<void> {
    await this.#signed({ method: "DELETE", path, body }).catch(ifGone);
  }

  #signed(call: Pick<Call, "method" | "path" | "query" | "body">): Promise<Done> {
    const path = `/admin/realms/${encodeURIComponent(this.#place.realm)}${call.path}`;
    return signedIn(
      this.#session,
      () => this.#signIn(),
      (token) => this.#tried({ ...call, path, token }, call.method !== "POST"),
      (error) => error instanceof KeycloakError && error.status === 401,
    );
  }

  async #signIn(): Promise<string> {
    const path = `/realms/${encodeURIComponent(this.#account.realm)}/protocol/openid-connect/token`;
    const { content } = await this.#tried({ method: "POST", path, body: grantOf(this.#account) }, true);
    if (!isMap(content) || typeof content["access_token"] !== "string")
      throw new KeycloakError(`POST ${path}`, "it gives no token; is the address right?", { status: 200 });
    this.#tokenLifeMs = Number(content["expires_in"]) * 1000;
    return content["access_token"];
  }

  #tried(call: Omit<Call, "limitMs" | "signal" | "ca">, repeatable: boolean): Promise<Done> {
    const { signal } = this.#limits;
    const changesNothing = call.method === "GET" || call.body instanceof URLSearchParams;
    return patiently(() => exchange(this.#place.url, { ...call, ...this.#limits, ca: this.#place.ca }), {
      attempts: ATTEMPTS,
      firstPauseMs: FIRST_PAUSE_MS,
      triedForMs: TRIED_FOR_MS,
      signal,
      mayPass: (error, attempt) =>
        error instanceof KeycloakError && mayPass(error, { repeatable, changesNothing }, attempt),
    });
  }
}

function grantOf(account: Account): URLSearchParams {
  return new URLSearchParams(
    "clientId" in account
      ? { grant_type: "client_credentials", client_id: account.clientId, client_secret: account.secret }
      : {
          grant_type: "password",
          client_id: "admin-cli",
          username: account.username,
          password: account.password,
        },
  );
}

function ifGone(error: unknown): undefined {
  if (error instanceof KeycloakError && error.status === 404) return undefined;
  throw error;
}
