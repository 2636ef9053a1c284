import { CvatClient } from "../client/client.ts";
import type { Connection } from "../client/connection.ts";
import { waitForCvat } from "../client/wait.ts";

/** A removal and a look wait no longer for a CVAT that is down: nobody has just started it. */
const BRIEFLY_MS = 30_000;

/** A client of a CVAT that answers: it is waited for as long as a start may take. */
export async function connected(connection: Connection): Promise<CvatClient> {
  await waitForCvat(connection);
  return new CvatClient(connection);
}

/** A client of a CVAT that should have been up for long. */
export async function connectedSoon(connection: Connection): Promise<CvatClient> {
  await waitForCvat({
    endpoint: connection.endpoint,
    patienceMs: Math.min(connection.patienceMs ?? BRIEFLY_MS, BRIEFLY_MS),
  });
  return new CvatClient(connection);
}
