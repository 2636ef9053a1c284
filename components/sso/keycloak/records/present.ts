import { UserError } from "../../../program/errors.ts";
import type { Run } from "../../../records/kind.ts";
import { AccountRefused, asServiceAccount } from "../account.ts";
import type { KeycloakAdmin } from "../client/admin.ts";
import type { Connection } from "../connection.ts";
import { named } from "../named.ts";

interface Wanted {
  connection: Connection;
  clientId: string;
}

const RUNS = new WeakMap<object, Wanted>();

/** Takes note of the client that the stack has: the engine checks what stays in the stack before it removes what was taken out. */
export function present({ connection, clientId }: Wanted, { engine }: Run): void {
  RUNS.set(engine, { connection, clientId });
}

/** Whether the stack has this client now, by another address of its realm: one that is moved to another Keycloak has another id there. */
export async function isInUse(id: string, { engine, signal }: Run): Promise<boolean> {
  const wanted = RUNS.get(engine);
  if (!wanted) return false;
  const { connection, clientId } = wanted;
  const found = await asServiceAccount(connection, { signal }, (admin) => named(admin, clientId));
  return found?.id === id;
}

/**
 * Works on a client that was taken out of the stack, in the realm it was made in: by the account that the stack has there now, since the one it
 * was made with may have another secret.
 */
export async function leaving(
  { connection: made, clientId }: Wanted,
  { engine, signal }: Run,
  work: (admin: KeycloakAdmin) => Promise<void>,
): Promise<void> {
  const wanted = RUNS.get(engine)?.connection;
  const account = wanted?.issuer === made.issuer ? wanted : made;
  try {
    await asServiceAccount(account, { signal }, work);
  } catch (error) {
    if (!(error instanceof AccountRefused) || account !== made) throw error;
    throw new UserError(
      `${error.message} It is the account that the client ${clientId} was made with, and the stack file says no other. ` +
        "Put vision-platform:sso back with the present secret and run up, which notes it; then take it out again. Or remove the client in Keycloak by hand.",
      { cause: error },
    );
  }
}
