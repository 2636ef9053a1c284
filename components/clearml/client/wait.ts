import { until } from "../../rest/until.ts";
import { UserError } from "../../program/errors.ts";
import { ClearmlClient } from "./client.ts";
import { PATIENCE_MS, type Connection } from "./connection.ts";
import { ClearmlError } from "./errors.ts";
import { exchange } from "./exchange.ts";

const POLL_MS = 1_000;
const PROBE_MS = 10_000;

/** A removal and a look wait no longer for a server that is down: nobody has just started it. */
const BRIEFLY_MS = 30_000;

/**
 * A client of a server that answers and knows the account. The ping alone proves little: it answers before MongoDB does. (clearml.md 4)
 * @param signal ends the wait, and the client's calls
 * @throws UserError when the time is up, naming what did not answer
 */
export async function connected(connection: Connection, signal?: AbortSignal): Promise<ClearmlClient> {
  const { endpoint, patienceMs = PATIENCE_MS } = connection;
  await waitForApi(endpoint, patienceMs, signal);
  const client = new ClearmlClient(connection, signal);
  await client.signIn();
  return client;
}

/** A client of a server that should have been up for long. */
export function connectedSoon(connection: Connection, signal?: AbortSignal): Promise<ClearmlClient> {
  return connected({ ...connection, patienceMs: Math.min(connection.patienceMs ?? BRIEFLY_MS, BRIEFLY_MS) }, signal);
}

async function waitForApi(endpoint: string, patienceMs: number, signal: AbortSignal | undefined): Promise<void> {
  const problem = async (passedMs: number) => {
    const limitMs = Math.max(1_000, Math.min(PROBE_MS, patienceMs - passedMs));
    try {
      await exchange(endpoint, { endpoint: "debug.ping", limitMs, signal });
      return undefined;
    } catch (error) {
      if (!(error instanceof ClearmlError)) throw error;
      // Whoever counts our calls is there.
      return error.status === 429 ? undefined : error.message;
    }
  };
  await until(problem, {
    isDone: (found) => found === undefined,
    everyMs: POLL_MS,
    withinMs: patienceMs,
    late: (found = "") =>
      new UserError(
        `ClearML's API does not answer after ${Math.round(patienceMs / 1000)} s: ${found}. It is asked at ${endpoint}: ` +
          "if this machine reaches it elsewhere, set vision-platform:clearml.endpoint.",
      ),
    signal,
  });
}
