import { UserError } from "../../../program/errors.ts";
import type { KeycloakAdmin } from "./admin.ts";
import { KeycloakError } from "./errors.ts";

/** What refusals mean to whoever gave the account. */
export interface Sentences {
  /** Undefined: the error speaks for itself. */
  told: (error: KeycloakError) => UserError | undefined;
  /** Another program listens there, or the path before it is another: where to correct that. */
  noKeycloak: (what: string) => string;
}

/**
 * Signs in, and does a piece of work.
 * @throws UserError by those sentences; all else as it came
 */
export async function inSentences<T>(
  admin: KeycloakAdmin,
  url: string,
  { told, noKeycloak }: Sentences,
  work: (admin: KeycloakAdmin) => Promise<T>,
): Promise<T> {
  const saying = (error: unknown, otherwise: (error: KeycloakError) => UserError) =>
    error instanceof KeycloakError ? (told(error) ?? otherwise(error)) : error;
  try {
    await admin.signIn();
  } catch (error) {
    throw saying(error, (refused) =>
      refused.maybeDone
        ? refused
        : new UserError(noKeycloak(`What answers at ${url} is no Keycloak (${refused.message})`), { cause: refused }),
    );
  }
  try {
    return await work(admin);
  } catch (error) {
    throw saying(error, (refused) => refused);
  }
}
