import { UserError } from "../../program/errors.ts";
import { changedKeys } from "../../records/changed.ts";
import type { Difference, ResourceKind, Run } from "../../records/kind.ts";
import { limitedTo } from "../../rest/ending.ts";
import { CvatClient, PasswordRefused } from "../client/client.ts";
import { changedAccount, type Connection } from "../client/connection.ts";
import { listTokens, makeToken, revokeToken, tokenPath, type AccessToken } from "../tokens/access-tokens.ts";
import { connected, connectedSoon, removing } from "./connected.ts";

export interface AccessTokenInputs {
  /** As whose it is: nobody else can make it. */
  connection: Connection;
  /** As a superuser, by whom it is taken back where its owner may not sign in any more. */
  administrator: Connection;
  /** Name that its owner sees in CVAT, of at most 50 characters. No other program gives its tokens this name. */
  name: string;
  readOnly: boolean;
  /** How long it is good, in days. */
  days: number;
  /** How many days before its end it is renewed. */
  renewBefore: number;
  /** Another number, another token. */
  rotation: number;
}

export interface AccessTokenOuts extends AccessTokenInputs {
  tokenId: number;
  /** When CVAT says that it was made: with its number, what tells it from another that has the number by now. */
  created: string;
  /** What a program shows. CVAT tells it once. */
  value: string;
  /** When it ends, in ISO 8601. */
  expires: string;
  /** What departed and is no input. (automation/drift/judge-record.ts) */
  drift: readonly "expires"[];
}

const DAY_MS = 86_400_000;
/** A look in passing takes no longer, in milliseconds. */
const LOOK_MS = 3_000;

/**
 * A personal access token of one user, which a program has. Nobody reads its value again, so one that was revoked, or is over, is made anew,
 * by plain `up` too: each run looks. One whose end is near is renewed by its owner's login key, with the value that it has.
 * (cvat-real-third-look.md 2.1, 2.2)
 */
export const kind: ResourceKind<AccessTokenInputs, AccessTokenOuts> = {
  secrets: ["connection", "administrator", "value"],

  async create(inputs, run) {
    const client = await connected(inputs.connection, run);
    await removeLeftOver(client, inputs, run);
    const { username } = inputs.connection;
    return { id: `${username}/${inputs.name}`, outs: await made(client, inputs) };
  },

  async read(id, outs, run) {
    const found = await itself(await connectedSoon(outs.connection, run), outs);
    if (!found) return undefined;
    const drift = isEnd(found, outs.expires) ? [] : (["expires"] as const);
    return { id, outs: { ...outs, name: found.name, readOnly: found.read_only, drift } };
  },

  async update(_id, olds, news, run) {
    const client = await connected(news.connection, run);
    const found = await itself(client, olds);
    // It was there when the run began; or CVAT is another by now.
    if (!found) return made(client, news);
    const isAsWanted =
      found.name === news.name &&
      found.read_only === news.readOnly &&
      isEnd(found, olds.expires) &&
      olds.days === news.days &&
      !isNear(olds.expires, news);
    const expires = isAsWanted ? olds.expires : endOf(news);
    if (!isAsWanted)
      await client.patch(tokenPath(found), { name: news.name, read_only: news.readOnly, expiry_date: expires });
    return {
      ...news,
      connection: await client.account(),
      ...{ tokenId: olds.tokenId, created: olds.created, value: olds.value },
      expires,
      drift: [],
    };
  },

  delete: (_id, outs, run) => takenBack(outs, run),

  async diff(olds, news, run) {
    tokensInState(run).add(olds.tokenId);
    const replaces = [...changedKeys(["rotation"], olds, news), ...(isOthers(olds, news) ? ["connection"] : [])];
    if (replaces.length > 0) return { changed: replaces, replaces };
    const found = await lookOnce(olds, run);
    if (found === "gone" || isOver(olds.expires))
      return { changed: ["value"], replaces: ["value"] } satisfies Difference;
    const departed =
      found !== "unknown" &&
      (found.read_only !== news.readOnly || found.name !== news.name || !isEnd(found, olds.expires));
    return {
      changed: [
        ...changedKeys(["name", "readOnly", "days"], olds, news),
        ...(departed || olds.drift.length > 0 || isNear(olds.expires, news) ? ["expires"] : []),
        ...changedAccount(olds, news),
        ...changedAdministrator(olds, news),
      ],
    };
  },
};

const endOf = ({ days }: AccessTokenInputs) => new Date(Date.now() + days * DAY_MS).toISOString();
const isOver = (expires: string) => Date.parse(expires) <= Date.now();
const isNear = (expires: string, { renewBefore }: AccessTokenInputs) =>
  Date.parse(expires) - Date.now() < renewBefore * DAY_MS;
const isEnd = ({ expiry_date }: AccessToken, expires: string) =>
  expiry_date !== null && Date.parse(expiry_date) === Date.parse(expires);

/** With another password CVAT's tokens of that user have ended, since the Job that gives it to him ends them. (components/cvat/users/users.py) */
const isOthers = (olds: { connection?: Connection }, news: AccessTokenInputs) =>
  changedKeys(["username", "password"], olds.connection ?? {}, news.connection).length > 0;

/** Noted for the day that it is needed. */
const changedAdministrator = (olds: AccessTokenInputs, news: AccessTokenInputs) =>
  changedAccount({ connection: olds.administrator }, { connection: news.administrator }).map(
    () => "administrator" as const,
  );

/**
 * What CVAT has of it. Another may have its number: in a database that was put back from a backup, or at another address. A superuser is shown
 * everybody's, so his record would change, and prolong, one that is somebody else's. (cvat-real-third-look.md 2.2)
 */
async function itself(
  client: CvatClient,
  { tokenId, created }: Pick<AccessTokenOuts, "tokenId" | "created">,
): Promise<AccessToken | undefined> {
  const found = await client.find<AccessToken>(tokenPath({ id: tokenId }));
  return found && Date.parse(found.created_date) === Date.parse(created) ? found : undefined;
}

async function made(client: CvatClient, inputs: AccessTokenInputs): Promise<AccessTokenOuts> {
  const { name, readOnly } = inputs;
  const expires = endOf(inputs);
  const token = await makeToken(client, { name, read_only: readOnly, expiry_date: expires });
  const { id: tokenId, created_date: created, value } = token;
  return { ...inputs, connection: await client.account(), tokenId, created, value, expires, drift: [] };
}

const RUNS = new WeakMap<object, Set<number>>();

/** Numbers of the tokens that the state has, as far as this run has come. */
function tokensInState({ engine }: Run): Set<number> {
  const tokens = RUNS.get(engine) ?? new Set();
  RUNS.set(engine, tokens);
  return tokens;
}

/** One that an earlier run made before it died is nobody's: its value is lost. The one that this takes the place of goes when all have the new one. */
async function removeLeftOver(client: CvatClient, { name }: AccessTokenInputs, run: Run): Promise<void> {
  const inUse = tokensInState(run);
  const left = (await listTokens(client)).filter((one) => one.name === name && !inUse.has(one.id));
  for (const token of left) await revokeToken(client, token);
}

/** What CVAT has of it, in passing. What cannot be told changes nothing. */
async function lookOnce(olds: AccessTokenOuts, run: Run): Promise<AccessToken | "gone" | "unknown"> {
  try {
    return await limitedTo(LOOK_MS, run.signal, async (signal) => {
      const client = new CvatClient({ ...olds.connection, callMs: LOOK_MS }, { signal, attempts: 1 });
      return (await itself(client, olds)) ?? "gone";
    });
  } catch (error) {
    run.signal.throwIfAborted();
    run.say(
      `Not known whether CVAT still has the token ${olds.name}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return "unknown";
  }
}

/** By its owner; where he may not sign in any more, by a superuser, who may take back anybody's. */
async function takenBack(outs: AccessTokenOuts, run: Run): Promise<void> {
  const { connection, administrator, expires } = outs;
  const revoke = async (client: CvatClient) => {
    const found = await itself(client, outs);
    if (found) await revokeToken(client, found);
  };
  try {
    await connectedSoon(connection, run)
      .then(revoke)
      .catch(async (error: unknown) => {
        if (!(error instanceof PasswordRefused)) throw error;
        await removing(administrator, run, revoke);
      });
  } catch (error) {
    run.signal.throwIfAborted();
    throw new UserError(
      [
        `CVAT's token ${outs.tokenId} of ${connection.username} ("${outs.name}") was not revoked, and is good until ${expires}:`,
        `  ${error instanceof Error ? error.message : String(error)}`,
        "Have CVAT answer and run it again. To leave the token as it is until then: `pulumi state delete` of this record.",
      ],
      { cause: error },
    );
  }
}
