import { randomBytes } from "node:crypto";
import { detail, json, nothing, refuse } from "./answers.ts";
import { byId, filtered, FORBIDDEN, page, type Asked, type Route } from "./asked.ts";
import { booleanField, textField, wrong } from "./fields.ts";
import type { StoredAccessToken } from "./store.ts";
import { basicUser } from "./users.ts";

/** Tokens that somebody may have. (cvat-rest-measured.md 1.9) */
const MOST = 50;

export const isUsable = ({ revoked, expiry_date }: StoredAccessToken): boolean =>
  !revoked && (expiry_date === null || Date.parse(expiry_date) > Date.now());

/** Everybody's own, which alone he sees; the value is told once. (cvat-real-third-look.md 2.1, 2.2) */
export const ACCESS_TOKEN_ROUTES: readonly Route[] = [
  {
    path: /^auth\/access_tokens$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, own(asked), { name: (one) => one.name }, { read_only: (one) => one.read_only });
        return page(asked, "auth/access_tokens", found, shown);
      },
      POST: (asked) => {
        const { state, store, user, body } = asked;
        checkHand(asked);
        if (own(asked).length >= MOST)
          throw refuse(400, ["You have reached the maximum allowed number of Personal Access Tokens for a user"]);
        const now = timeOf(new Date());
        const token: StoredAccessToken = {
          id: store.next("accessTokens"),
          name: textField(body, "name", { max: 50 }) ?? "",
          owner: user.id,
          value: `${randomBytes(4).toString("hex")}.${randomBytes(16).toString("hex")}`,
          read_only: booleanField(body, "read_only") ?? true,
          revoked: false,
          expiry_date: endIn(body) ?? null,
          created_date: now,
          updated_date: now,
          last_used_date: null,
        };
        state.accessTokens.push(token);
        return json(201, { ...shown(asked, token), value: token.value });
      },
    },
  },
  // The one that is shown. (cvat-rest-measured.md 1.9)
  {
    path: /^auth\/access_tokens\/self$/,
    methods: {
      GET: (asked) => {
        if (!asked.token) throw detail(404, "Not found.");
        return json(200, shown(asked, asked.token));
      },
    },
  },
  {
    path: /^auth\/access_tokens\/(\d+)$/,
    methods: {
      // A superuser sees anybody's by its number, and may change it. (cvat-real-third-look.md 2.2)
      GET: (asked) => json(200, shown(asked, one(asked))),
      PATCH: (asked) => {
        checkHand(asked);
        const token = one(asked);
        const { body } = asked;
        token.name = textField(body, "name", { max: 50, optional: true }) ?? token.name;
        token.read_only = booleanField(body, "read_only") ?? token.read_only;
        // One that lies behind takes the token away.
        const end = endIn(body);
        if (end !== undefined) token.expiry_date = end;
        token.updated_date = timeOf(new Date());
        return json(200, shown(asked, token));
      },
      DELETE: (asked) => {
        checkHand(asked);
        one(asked).revoked = true;
        return nothing(204);
      },
    },
  },
];

const own = ({ state, user }: Asked) => state.accessTokens.filter((one) => one.owner === user.id && isUsable(one));

/** What is over or revoked is as if it were not there, to everybody. */
const one = (asked: Asked): StoredAccessToken =>
  byId(asked, asked.user.is_superuser ? asked.state.accessTokens.filter(isUsable) : own(asked), "AccessToken");

/** No token makes, changes or revokes one, not even itself. */
function checkHand({ token }: Asked): void {
  if (token) throw detail(403, FORBIDDEN);
}

/** When it is to end: a day is its beginning, and what names no zone is UTC. Undefined: nothing is said of it. (cvat-real-third-look.md 2.1) */
function endIn({ expiry_date: end }: Asked["body"]): string | null | undefined {
  if (end === undefined || end === null) return end;
  const text = typeof end === "string" ? end : "";
  const at = new Date(/^\d{4}-\d\d-\d\d$|(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(at.getTime())) throw wrong("expiry_date", "Datetime has wrong format.");
  return timeOf(at);
}

/** As CVAT writes a time: with the millionths that it has, if any. (rest_framework/fields.py, DateTimeField) */
const timeOf = (at: Date): string =>
  at
    .toISOString()
    .replace(".000Z", "Z")
    .replace(/\.(\d{3})Z$/, ".$1000Z");

function shown(asked: Asked, token: StoredAccessToken) {
  const { id, name, read_only, expiry_date, created_date, updated_date, last_used_date, owner } = token;
  return {
    ...{ id, name, created_date, updated_date, expiry_date, last_used_date, read_only },
    owner: basicUser(asked, owner),
  };
}
