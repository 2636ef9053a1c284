import { UserError } from "../../program/errors.ts";
import { mayPass } from "../../rest/may-pass.ts";
import { patiently } from "../../rest/patience.ts";
import { signedIn, tokenOf, type Session } from "../../rest/session.ts";
import { CALL_MS, type Connection } from "./connection.ts";
import { ClearmlError, isRefusal } from "./errors.ts";
import { exchange, type Call } from "./exchange.ts";

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** A call that was tried for this long is given up. */
const TRIED_FOR_MS = 90_000;

/** Actions that change nothing, and so may be asked again. */
const READS = /\.(get_[a-z_]+|login|info|ping)$/;

/**
 * ClearML's REST API for one account. It signs in at the first call, and once more when its token is refused: the server was restarted with
 * another secret, or the token is too old. Calls that change nothing are tried again when the server is busy or the connection drops, and once
 * after a 500; others are not, since nobody knows whether they were done: whoever makes a record looks for it afterwards.
 */
export class ClearmlClient {
  readonly #connection: Connection;
  readonly #signal: AbortSignal | undefined;
  readonly #session: Session = {};

  /** @param signal breaks calls off. Default: nothing does. */
  constructor(connection: Connection, signal?: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
  }

  /** The data of an answer. The endpoint is `service.action`. */
  async call<T>(endpoint: string, body: Call["body"] = {}): Promise<T> {
    return signedIn(
      this.#session,
      () => this.#signIn(),
      async (token) => (await this.#tried({ endpoint, body, authorization: `Bearer ${token}` })) as T,
      (error) => isRefusal(error, "invalidToken"),
    );
  }

  /** Proves that the server knows this account. */
  async signIn(): Promise<void> {
    await tokenOf(this.#session, () => this.#signIn());
  }

  async #signIn(): Promise<string> {
    const { endpoint, accessKey, secretKey } = this.#connection;
    const basic = Buffer.from(`${accessKey}:${secretKey}`, "latin1").toString("base64");
    try {
      const { token } = (await this.#tried({ endpoint: "auth.login", authorization: `Basic ${basic}` })) as {
        token: string;
      };
      return token;
    } catch (error) {
      if (!isRefusal(error, "invalidCredentials")) throw error;
      throw new UserError(
        `ClearML at ${endpoint} does not know the credentials that this stack made for it. It reads them at its start: ` +
          `\`kubectl rollout restart deployment clearml-apiserver\` in its namespace, and check that this is the right server.`,
        { cause: error },
      );
    }
  }

  #tried(call: Omit<Call, "limitMs" | "signal">): Promise<unknown> {
    const { endpoint, callMs = CALL_MS } = this.#connection;
    const changesNothing = READS.test(call.endpoint);
    return patiently(() => exchange(endpoint, { ...call, limitMs: callMs, signal: this.#signal }), {
      attempts: ATTEMPTS,
      firstPauseMs: FIRST_PAUSE_MS,
      triedForMs: TRIED_FOR_MS,
      signal: this.#signal,
      mayPass: (error, attempt) =>
        error instanceof ClearmlError && mayPass(error, { repeatable: changesNothing, changesNothing }, attempt),
    });
  }
}
