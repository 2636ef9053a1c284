import { randomBytes } from "node:crypto";
import { json, nothing } from "./answers.ts";
import { byId, page, type Asked, type Route } from "./asked.ts";
import { booleanField, textField } from "./fields.ts";
import type { StoredAccessToken } from "./store.ts";

export const isUsable = ({ revoked, expiry_date }: StoredAccessToken): boolean =>
  !revoked && (expiry_date === null || Date.parse(expiry_date) > Date.now());

/** Everybody's own, which alone he sees; the value is told once. (cvat-real-third-look.md 2.1, 2.2) */
export const ACCESS_TOKEN_ROUTES: readonly Route[] = [
  {
    path: /^auth\/access_tokens$/,
    methods: {
      GET: (asked) => page(asked, "auth/access_tokens", own(asked), (_asked, one) => shown(one)),
      POST: ({ state, store, user, body }) => {
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
      DELETE: (asked) => {
        byId(asked, own(asked), "AccessToken").revoked = true;
        return nothing(204);
      },
    },
  },
];

const own = ({ state, user }: Asked) => state.accessTokens.filter((one) => one.owner === user.id && isUsable(one));

function shown({ id, name, read_only, expiry_date, created_date, owner }: StoredAccessToken) {
  return { id, name, read_only, expiry_date, created_date, owner: { id: owner } };
}
