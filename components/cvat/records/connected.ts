import { UserError } from "../../program/errors.ts";
import type { Run } from "../../records/kind.ts";
import type { Session } from "../../rest/session.ts";
import { CvatClient, PasswordRefused } from "../client/client.ts";
import type { Connection } from "../client/connection.ts";
import { CvatError } from "../client/errors.ts";
import { waitForCvat } from "../client/wait.ts";

/** A removal and a look wait no longer for a CVAT that is down: nobody has just started it. */
const BRIEFLY_MS = 30_000;

/**
 * What the records of one run share. CVAT lets an address make 100 calls a minute without a token, so each record may neither ask whether CVAT
 * is there nor sign in for itself. (cvat-rest-measured.md 7.4)
 */
interface Shared {
  /** Endpoints that answered. */
  up: Set<string>;
  /** Waits under way. */
  waiting: Map<string, Promise<void>>;
  /** Sign-ins by account. */
  sessions: Map<string, Session>;
  /** By whom the stack makes its records now. */
  present: Connection | undefined;
}

const RUNS = new WeakMap<object, Shared>();

function sharedBy({ engine }: Run): Shared {
  const shared = RUNS.get(engine) ?? { up: new Set(), waiting: new Map(), sessions: new Map(), present: undefined };
  RUNS.set(engine, shared);
  return shared;
}

/** A client of a CVAT that answers: it is waited for as long as a start may take. */
export async function connected(connection: Connection, run: Run): Promise<CvatClient> {
  await answering(connection, run);
  return clientOf(connection, run);
}

/** A client of a CVAT that should have been up for long. */
export async function connectedSoon(connection: Connection, run: Run): Promise<CvatClient> {
  await answering({ ...connection, patienceMs: Math.min(connection.patienceMs ?? BRIEFLY_MS, BRIEFLY_MS) }, run);
  return clientOf(connection, run);
}

/** Takes note of the account that the stack has: the engine checks what stays in the stack before it removes what was taken out. */
export function present(connection: Connection, run: Run): void {
  sharedBy(run).present = connection;
}

/**
 * Removes a record that was taken out of the stack, by the account that the stack has now: the one that it was made with may be switched off,
 * or CVAT may be reached elsewhere. `work` must look whether what it removes is the record: by another address it may be another CVAT.
 */
export async function removing(made: Connection, run: Run, work: (client: CvatClient) => Promise<void>): Promise<void> {
  const { present } = sharedBy(run);
  try {
    await work(await connectedSoon(present ?? made, run));
  } catch (error) {
    if (present !== undefined || !isTurnedAway(error)) throw error;
    throw new UserError(
      `${error.message} It is the account that the record was made with, and no record that is left in the stack says which one there is now. ` +
        "Put the record back into the stack file and run up, which gives it the present account; then take it out again.",
      { cause: error },
    );
  }
}

const isTurnedAway = (error: unknown): error is Error =>
  error instanceof PasswordRefused || (error instanceof CvatError && error.status === 403);

async function answering({ endpoint, patienceMs }: Connection, run: Run): Promise<void> {
  const { up, waiting: waits } = sharedBy(run);
  if (up.has(endpoint)) return;
  const wait = JSON.stringify([endpoint, patienceMs]);
  const waiting =
    waits.get(wait) ??
    waitForCvat({ endpoint, ...(patienceMs !== undefined && { patienceMs }) }, run.signal)
      .then(() => {
        up.add(endpoint);
      })
      .finally(() => waits.delete(wait));
  waits.set(wait, waiting);
  await waiting;
}

/** One sign-in an account: what one record learned by it, the others need not ask for. */
function clientOf(connection: Connection, run: Run): CvatClient {
  const { endpoint, username, password, callMs } = connection;
  const account = JSON.stringify([endpoint, username, password, callMs]);
  const { sessions } = sharedBy(run);
  const session = sessions.get(account) ?? {};
  sessions.set(account, session);
  return new CvatClient(connection, { session, signal: run.signal });
}
