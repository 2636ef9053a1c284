import { UserError } from "../../errors.ts";
import { CvatClient, PasswordRefused } from "../client/client.ts";
import type { Connection } from "../client/connection.ts";
import { CvatError } from "../client/errors.ts";
import { waitForCvat } from "../client/wait.ts";

/** A removal and a look wait no longer for a CVAT that is down: nobody has just started it. */
const BRIEFLY_MS = 30_000;

/**
 * What the records of one run share. The engine gives a run one process for all of them: CVAT lets an address make 100 calls a minute without
 * a token, so each record may neither ask whether CVAT is there nor sign in for itself. (cvat-rest-measured.md 7.4)
 */
const run = {
  /** Endpoints that answered. */
  up: new Set<string>(),
  /** Waits under way. */
  waiting: new Map<string, Promise<void>>(),
  clients: new Map<string, CvatClient>(),
  /** By whom the stack makes its records now. */
  present: undefined as Connection | undefined,
};

/** A client of a CVAT that answers: it is waited for as long as a start may take. */
export async function connected(connection: Connection): Promise<CvatClient> {
  await answering(connection);
  return clientOf(connection);
}

/** A client of a CVAT that should have been up for long. */
export async function connectedSoon(connection: Connection): Promise<CvatClient> {
  await answering({ ...connection, patienceMs: Math.min(connection.patienceMs ?? BRIEFLY_MS, BRIEFLY_MS) });
  return clientOf(connection);
}

/** Takes note of the account that the stack has: the engine checks what stays in the stack before it removes what was taken out. */
export function present(connection: Connection): void {
  run.present = connection;
}

/**
 * Removes a record that was taken out of the stack, by the account that the stack has now: the one that it was made with may be switched off,
 * or CVAT may be reached elsewhere. `work` must look whether what it removes is the record: by another address it may be another CVAT.
 */
export async function removing(made: Connection, work: (client: CvatClient) => Promise<void>): Promise<void> {
  const account = run.present ?? made;
  try {
    await work(await connectedSoon(account));
  } catch (error) {
    if (run.present !== undefined || !isTurnedAway(error)) throw error;
    throw new UserError(
      `${error.message} It is the account that the record was made with, and no record that is left in the stack says which one there is now. ` +
        "Put the record back into the stack file and run up, which gives it the present account; then take it out again.",
      { cause: error },
    );
  }
}

const isTurnedAway = (error: unknown): error is Error =>
  error instanceof PasswordRefused || (error instanceof CvatError && error.status === 403);

async function answering({ endpoint, patienceMs }: Connection): Promise<void> {
  if (run.up.has(endpoint)) return;
  const wait = JSON.stringify([endpoint, patienceMs]);
  const waiting =
    run.waiting.get(wait) ??
    waitForCvat({ endpoint, ...(patienceMs !== undefined && { patienceMs }) })
      .then(() => {
        run.up.add(endpoint);
      })
      .finally(() => run.waiting.delete(wait));
  run.waiting.set(wait, waiting);
  await waiting;
}

/** One client an account: what one record learned by signing in, the others need not ask for. */
function clientOf(connection: Connection): CvatClient {
  const { endpoint, username, password, callMs } = connection;
  const account = JSON.stringify([endpoint, username, password, callMs]);
  const client = run.clients.get(account) ?? new CvatClient(connection);
  run.clients.set(account, client);
  return client;
}
