import { randomBytes } from "node:crypto";
import { detail, json, nothing, refuse } from "./answers.ts";
import { byId, filtered, FORBIDDEN, page, type Asked, type Route } from "./asked.ts";
import { booleanField, textField } from "./fields.ts";
import type { StoredAccessToken } from "./store.ts";

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
        return page(asked, "auth/access_tokens", found, (_asked, one) => shown(one));
      },
      POST: (asked) => {
        const { state, store, user, body } = asked;
        checkHand(asked);
        if (own(asked).length >= MOST)
          throw refuse(400, ["You have reached the maximum allowed number of Personal Access Tokens for a user"]);
        const token: StoredAccessToken = {
          id: store.next("accessTokens"),
          name: textField(body, "name", { max: 50 }) ?? "",
          owner: user.id,
          value: `${randomBytes(4).toString("hex")}.${randomBytes(16).toString("hex")}`,
          read_only: booleanField(body, "read_only") ?? true,
          revoked: false,
          expiry_date: typeof body["expiry_date"] === "string" ? body["expiry_date"] : null,
          created_date: new Date().toISOString(),
        };
        state.accessTokens.push(token);
        return json(201, { ...shown(token), value: token.value });
      },
    },
  },
  {
    path: /^auth\/access_tokens\/(\d+)$/,
    methods: {
      // A superuser sees anybody's by its number, and may change it. (cvat-real-third-look.md 2.2)
      GET: (asked) => json(200, shown(one(asked))),
      PATCH: (asked) => {
        checkHand(asked);
        const token = one(asked);
        const { body } = asked;
        token.name = textField(body, "name", { max: 50, optional: true }) ?? token.name;
        token.read_only = booleanField(body, "read_only") ?? token.read_only;
        // One that lies behind takes the token away.
        if (body["expiry_date"] !== undefined)
          token.expiry_date = typeof body["expiry_date"] === "string" ? body["expiry_date"] : null;
        return json(200, shown(token));
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

function shown({ id, name, read_only, expiry_date, created_date, owner }: StoredAccessToken) {
  return { id, name, read_only, expiry_date, created_date, owner: { id: owner } };
}
