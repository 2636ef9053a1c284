import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { detail, json, refuse, type Answer } from "./answers.ts";
import type { CvatConfig } from "./config.ts";
export { filtered } from "./filters.ts";
import { hasPrivilege, hasRole, isAdmin, roleIn, type Role } from "./rules.ts";
import type { State, Store, StoredAccessToken, StoredOrganization, StoredUser } from "./store.ts";
import type { Workers } from "./workers.ts";

/** A call, understood. */
export interface Asked {
  method: string;
  /** Parts of the path that the route left open. */
  parts: readonly string[];
  query: URLSearchParams;
  body: Record<string, unknown>;
  /** Bytes of a body that is no JSON: a piece of a file. */
  bytes: Buffer;
  headers: IncomingHttpHeaders;
  host: string;
  /** Undefined only on routes that are open to all. */
  user: StoredUser;
  /** The personal access token that he shows. */
  token: StoredAccessToken | undefined;
  /** Undefined: no context; null: the user's own space. */
  context: StoredOrganization | null | undefined;
  store: Store;
  state: State;
  config: CvatConfig;
  workers: Workers;
  /** Whether a test has ordered registration to be open, whatever settings the server has. */
  opened: boolean;
  /** Whether a test has ordered events to be lost. */
  lost: boolean;
}

/** A path of the API and what it does by method. */
export interface Route {
  /** Below `/api/`. */
  path: RegExp;
  /** Whether it asks for no token. */
  open?: boolean;
  /** Whether it goes by the organization of what it is about, whatever other one the call names. (cvat-real-third-look.md 3.1) */
  anyOrganization?: boolean;
  methods: Readonly<Record<string, (asked: Asked) => Answer | Promise<Answer>>>;
}

const ACCEPTED =
  /(^|,)\s*(\*\/\*|application\/\*|application\/vnd\.cvat\+json)\s*(;\s*version=2\.0)?\s*(;q=[\d.]+)?\s*(,|$)/;

/** CVAT talks in its own type only. (0.1) */
export function checkAccept(accept = "*/*"): void {
  if (/application\/vnd\.cvat\+json\s*;\s*version=(?!2\.0)/.test(accept))
    throw detail(406, 'Invalid version in "Accept" header.');
  if (!ACCEPTED.test(accept)) throw detail(406, "Could not satisfy the request Accept header.");
}

/** What the pieces of an upload are called. (Tus 1.0.0) */
const PIECE = "application/offset+octet-stream";

/** The body of a POST or PATCH: JSON under its plain name, or a piece of a file. (0.2) */
export async function bodyOf(request: IncomingMessage): Promise<{ body: Record<string, unknown>; bytes: Buffer }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  if (bytes.length === 0 || type === PIECE) return { body: {}, bytes };
  return { body: jsonIn(bytes.toString("utf8"), type), bytes };
}

function jsonIn(text: string, type: string): Record<string, unknown> {
  if (!/^application\/json\s*(;|$)/.test(type)) throw detail(415, `Unsupported media type "${type}" in request.`);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw detail(400, `JSON parse error - ${error instanceof Error ? error.message : ""}`);
  }
}

/**
 * The organization a call is about. (2.2, 2.4, 2.5)
 * @param any whether it may be one that he is not in. Default: not
 */
export function contextOf(
  state: State,
  user: StoredUser,
  header: string | undefined,
  query: URLSearchParams,
  any = false,
): StoredOrganization | null | undefined {
  const [slug, id] = [query.get("org"), query.get("org_id")];
  if (id !== null && (slug !== null || header !== undefined))
    throw refuse(400, [
      'You cannot specify "org_id" query parameter with "org" query parameter or "X-Organization" HTTP header at the same time.',
    ]);
  if (slug !== null && header !== undefined && slug !== header)
    throw refuse(400, [
      'You cannot specify "org" query parameter and "X-Organization" HTTP header with different values.',
    ]);
  const wanted = slug ?? header;
  if (wanted === undefined && id === null) return undefined;
  if (wanted === "") return null;
  const found = state.organizations.find((one) => (id === null ? one.slug === wanted : one.id === Number(id)));
  if (!found) throw detail(404, `${wanted ?? id ?? ""} organization does not exist.`);
  if (!any && !mayEnter(state, user, found)) throw detail(403, FORBIDDEN);
  return found;
}

export const FORBIDDEN = "You do not have permission to perform this action.";

/** Whether somebody may have an organization as his context, and see it. (organizations.rego) */
export function mayEnter(state: State, user: StoredUser, { id, owner }: StoredOrganization): boolean {
  return isAdmin(user) || owner === user.id || roleIn(state, user, id) !== undefined;
}

/** What has an owner and perhaps an organization. */
interface Owned {
  id: number;
  owner: number;
  assignee?: number | null;
  organization: number | null;
}

/**
 * What a list shows: in an organization all of it to whoever is `least` there, and to others what is theirs. Without one, everybody has but
 * his own, wherever it is. (`base_filter` in projects.rego, cloudstorages.rego, webhooks.rego)
 */
export function visible<T extends Owned>(asked: Asked, all: readonly T[], least: Role): T[] {
  const { state, user, context } = asked;
  const inContext = all.filter((one) => context === undefined || one.organization === (context?.id ?? null));
  const whole = isAdmin(user) || (context && hasPrivilege(user, "user") && hasRole(state, user, context.id, least));
  return whole ? inContext : inContext.filter((one) => isHis(user, one));
}

/** One by its number: what is not there is 404, what is somebody else's 403. (2.6) */
export function single<T extends Owned>(asked: Asked, all: readonly T[], what: string, least: Role): T {
  const found = byId(asked, all, what);
  if (!mayTouch(asked, found, least)) throw detail(403, FORBIDDEN);
  return found;
}

/** Whether somebody may see or change it: his own, as long as he is in its organization, or all as `least` there. */
export function mayTouch({ state, user }: Asked, one: Owned, least: Role): boolean {
  if (isAdmin(user)) return true;
  const { organization } = one;
  if (isHis(user, one)) return organization === null || roleIn(state, user, organization) !== undefined;
  return hasPrivilege(user, "user") && hasRole(state, user, organization, least);
}

const isHis = (user: StoredUser, { owner, assignee }: Owned) => owner === user.id || assignee === user.id;

export function byId<T extends { id: number }>({ parts }: Asked, all: readonly T[], what: string): T {
  const found = all.find(({ id }) => String(id) === parts[0]);
  if (!found) throw detail(404, `No ${what} matches the given query.`);
  return found;
}

const PAGE_SIZE = 10;

/**
 * One page of a list, the newest first, each record as `show` has it. (7.1)
 * @param sorts what it can be sorted by; anything else is ignored
 */
export function page<T extends { id: number }>(
  asked: Asked,
  path: string,
  records: readonly T[],
  show: (asked: Asked, record: T) => unknown,
  sorts: Readonly<Record<string, (record: T) => string>> = {},
): Answer {
  const { query, host } = asked;
  const newest = inOrder(
    query,
    [...records].sort((one, other) => other.id - one.id),
    sorts,
  );
  const wanted = query.get("page_size") ?? "";
  const size = wanted === "all" ? Math.max(1, newest.length) : Number(wanted) > 0 ? Number(wanted) : PAGE_SIZE;
  const number = Number(query.get("page") ?? 1);
  const pages = Math.max(1, Math.ceil(newest.length / size));
  if (!Number.isInteger(number) || number < 1 || number > pages) throw detail(404, "Invalid page.");
  const link = (to: number) => {
    const parameters = new URLSearchParams(query);
    parameters.set("page", String(to));
    return `http://${host}/api/${path}?${parameters.toString()}`;
  };
  return json(200, {
    count: newest.length,
    next: number < pages ? link(number + 1) : null,
    previous: number > 1 ? link(number - 1) : null,
    results: newest.slice((number - 1) * size, number * size).map((one) => show(asked, one)),
  });
}

function inOrder<T>(
  query: URLSearchParams,
  records: readonly T[],
  sorts: Readonly<Record<string, (record: T) => string>>,
): readonly T[] {
  const [, minus = "", by = ""] = /^(-?)(.*)$/.exec(query.get("sort") ?? "") ?? [];
  const valueOf = sorts[by];
  if (!valueOf) return records;
  const sign = minus === "-" ? -1 : 1;
  const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
  return [...records].sort((one, other) => sign * compare(valueOf(one), valueOf(other)));
}
