import semver from "semver";
import type { CvatClient } from "../client/client.ts";
import { CvatError } from "../client/errors.ts";
import { UserError } from "../../program/errors.ts";

/** A personal access token, without its value: CVAT tells that once. (cvat-real-third-look.md, 2.1) */
export interface AccessToken {
  id: number;
  name: string;
  read_only: boolean;
  created_date: string;
  /** Null: it never ends. */
  expiry_date: string | null;
  /** Left out by versions that do not count it; null: never. */
  last_used_date?: string | null;
  owner?: { username: string };
}

const TOKENS = "auth/access_tokens";

/** Where one is. What is revoked or over is at no address any more, to nobody. (cvat-real-third-look.md, 2.2) */
export const tokenPath = ({ id }: Pick<AccessToken, "id">): string => `${TOKENS}/${id}`;

/** CVAT before this has a login key alone: one for each account, that may do all, and ends when somebody signs the account out. */
export const hasTokens = (version: string): boolean => semver.gte(semver.coerce(version)?.version ?? "0.0.0", "2.48.0");

/**
 * Makes one. Where no answer comes it may be there, and nobody will ever know its value: so it is looked for, and taken back.
 * @param cvat of the person whose it becomes, signed in by password: a superuser can make none for others, and a token no other
 */
export async function makeToken(
  cvat: CvatClient,
  wanted: Pick<AccessToken, "name" | "read_only" | "expiry_date">,
): Promise<AccessToken & { value: string }> {
  const before = new Set((await listTokens(cvat)).map(({ id }) => id));
  try {
    return await cvat.post(TOKENS, wanted);
  } catch (error) {
    if (!(error instanceof CvatError) || !error.maybeDone) throw error;
    const unheard = (await listTokens(cvat)).filter(({ id, name }) => name === wanted.name && !before.has(id));
    for (const token of unheard) await revokeToken(cvat, token);
    throw error;
  }
}

/** Those that work, the oldest first. CVAT lists neither expired nor revoked ones, to nobody. */
export async function listTokens(cvat: CvatClient): Promise<AccessToken[]> {
  return (await cvat.list<AccessToken>(TOKENS)).sort((one, other) => one.id - other.id);
}

export async function revokeToken(cvat: CvatClient, token: Pick<AccessToken, "id">): Promise<void> {
  await cvat.remove(tokenPath(token));
}

/**
 * One of them, by number or by name.
 * @throws UserError where there is none, or more than one of that name
 */
export function tokenNamed(tokens: readonly AccessToken[], wanted: string, username: string): AccessToken {
  const found = tokens.filter(({ id, name }) => String(id) === wanted || name === wanted);
  const [token] = found;
  const listed = (some: readonly AccessToken[]) => some.map(({ id, name }) => `${id} (${name})`).join(", ");
  if (token === undefined)
    throw new UserError(
      `${username} has no token \`${wanted}\` that works. ${tokens.length === 0 ? "There is none." : `There are: ${listed(tokens)}.`}`,
      { exitCode: 2 },
    );
  if (found.length > 1)
    throw new UserError(`Several are called that; say its number: ${listed(found)}.`, { exitCode: 2 });
  return token;
}
