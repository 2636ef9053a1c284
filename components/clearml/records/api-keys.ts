import { UserError } from "../../program/errors.ts";
import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind, Run } from "../../records/kind.ts";
import type { ClearmlClient } from "../client/client.ts";
import { isRefusal } from "../client/errors.ts";
import { connectedSoon } from "../client/wait.ts";

interface Inputs {
  /** Where the API is asked; left out where nothing says it before the server is installed. */
  endpoint?: string;
  /** Password of each person, by user name. */
  people: Record<string, string>;
}

/**
 * That the API keys which people make in the web interface end with the password they were made under: the server lets them be valid for ever.
 * It is done before the server hears of the new password and signs tokens anew: a program that holds a key would otherwise sign in again at
 * once, and its token outlive the key. Who is taken off the list loses their keys at the server's start. (clearml-real.md A1)
 */
export const kind: ResourceKind<Inputs> = {
  secrets: ["people"],
  create: (inputs) => Promise.resolve({ id: "api-keys", outs: inputs }),
  ...IN_STATE_ALONE,
  async update(_id, olds, news, run) {
    for (const [person, former] of Object.entries(olds.people)) {
      const password = news.people[person];
      if (password !== undefined && password !== former) await endKeys(news.endpoint, person, [former, password], run);
    }
    return news;
  },
  // An update that fails leaves the former password in the state, so the next run tries again.
  diff: (olds, news) => ({ changed: changedKeys(["people"], olds, news) }),
};

/** @param passwords the former first: a run that died may have brought the new one to the server already */
async function endKeys(
  endpoint: string | undefined,
  person: string,
  passwords: readonly string[],
  run: Run,
): Promise<void> {
  try {
    const client = await signedIn(endpoint, person, passwords, run);
    // The server knows neither: nobody of this name has ever signed in there.
    if (!client) return;
    const { credentials } = await client.call<{ credentials: { access_key: string }[] }>("auth.get_credentials");
    for (const { access_key } of credentials) await client.call("auth.revoke_credentials", { access_key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `vision-platform:clearml.users: ${person} gets another password, and the API keys made under the old one must end before. ${reason} Until that is done, leave the former password.`,
      { cause: error },
    );
  }
}

async function signedIn(
  endpoint: string | undefined,
  accessKey: string,
  passwords: readonly string[],
  { signal }: Run,
): Promise<ClearmlClient | undefined> {
  if (endpoint === undefined) {
    throw new UserError(
      "Nothing says where ClearML's API is: set vision-platform:clearml.addresses.api, or vision-platform:clearml.endpoint.",
    );
  }
  for (const secretKey of passwords) {
    try {
      return await connectedSoon({ endpoint, accessKey, secretKey }, signal);
    } catch (error) {
      if (!(error instanceof Error) || !isRefusal(error.cause, "invalidCredentials")) throw error;
    }
  }
  return undefined;
}
