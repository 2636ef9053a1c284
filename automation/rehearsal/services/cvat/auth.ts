import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { detail, errorPage, json, Refusal, refuse } from "./answers.ts";
import { isUsable } from "./access-tokens.ts";
import { FORBIDDEN, type Route } from "./asked.ts";
import { stripped } from "./django.ts";
import type { State, StoredAccessToken, StoredUser } from "./store.ts";

const hash = (password: string, salt: string) => scryptSync(password, salt, 32, { N: 1024 });

export function hashed(password: string): string {
  const salt = randomBytes(8).toString("hex");
  return `${salt}:${hash(password, salt).toString("hex")}`;
}

export function isPassword(user: StoredUser, password: string): boolean {
  const [salt = "", kept = ""] = user.password.split(":");
  return kept !== "" && timingSafeEqual(Buffer.from(kept, "hex"), hash(password, salt));
}

const CHALLENGE = { "WWW-Authenticate": "Token" };
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
const NOT_GIVEN = "Authentication credentials were not provided.";

/**
 * Who calls; undefined when nobody says so. A token that is wrong is refused even where none is asked for, and even beside a good cookie.
 * (1.1, 1.5, 1.6)
 */
export function caller(
  state: State,
  call: { method: string; path: string },
  headers: IncomingHttpHeaders,
): StoredUser | undefined {
  const { method } = call;
  const [scheme = "", value = ""] = (headers.authorization ?? "").split(" ");
  if (/^basic$/i.test(scheme)) return byBasic(state, value);
  if (/^bearer$/i.test(scheme)) return byAccessToken(state, call, tokenOf(state, headers));
  if (/^token$/i.test(scheme)) return active(state.users.find(({ token }) => token !== null && token === value));
  const session = state.sessions[/(?:^|;\s*)sessionid=([0-9a-f]+)/.exec(headers.cookie ?? "")?.[1] ?? ""];
  const user = state.users.find(
    ({ id, is_active, password }) => is_active && id === session?.user && password === session.password,
  );
  if (user && !SAFE_METHODS.includes(method) && headers["x-csrftoken"] === undefined)
    throw detail(403, "CSRF Failed: CSRF token missing.");
  return user;
}

function active(user: StoredUser | undefined): StoredUser {
  if (!user) throw refuse(401, { detail: "Invalid token." }, CHALLENGE);
  if (!user.is_active) throw refuse(401, { detail: "User inactive or deleted." }, CHALLENGE);
  return user;
}

/** The one thing beside looking that a token may do which is but for reading; where to, its own route asks. (cvat-real-third-look.md 2.5) */
const EXPORT = /^(?:(?:projects|tasks|jobs)\/\d+\/dataset|(?:projects|tasks)\/\d+\/backup)\/export$/;

/** The token that a call shows. A wrong one, an expired one and a revoked one are alike. (cvat-real-third-look.md 2.3) */
export function tokenOf(state: State, { authorization = "" }: IncomingHttpHeaders): StoredAccessToken | undefined {
  const [, value] = /^bearer (.*)$/i.exec(authorization) ?? [];
  return state.accessTokens.find((one) => one.value === value && isUsable(one));
}

function byAccessToken(
  state: State,
  { method, path }: { method: string; path: string },
  token: StoredAccessToken | undefined,
): StoredUser {
  const user = active(state.users.find(({ id }) => id === token?.owner));
  if (token) token.last_used_date = new Date().toISOString();
  const mayCall = SAFE_METHODS.includes(method) || (method === "POST" && EXPORT.test(path));
  if (token?.read_only === true && !mayCall) throw detail(403, FORBIDDEN);
  return user;
}

function byBasic(state: State, value: string): StoredUser {
  const [, name = "", password = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
  const user = named(state, name);
  if (!user?.is_active || !isPassword(user, password))
    throw refuse(401, { detail: "Invalid username/password." }, CHALLENGE);
  return user;
}

export const notSignedIn = () => refuse(401, { detail: NOT_GIVEN }, CHALLENGE);

/** By name or address, in any letters. (allauth's authentication backend) */
function named(state: State, name: string): StoredUser | undefined {
  const same = (own: string) => own !== "" && own.toLowerCase() === name.toLowerCase();
  return state.users.find(({ username, email }) => same(username) || same(email));
}

export const AUTH_ROUTES: readonly Route[] = [
  {
    path: /^auth\/login$/,
    open: true,
    methods: {
      POST: ({ state, body }) => {
        const name = body["username"] ?? body["email"];
        const password = body["password"];
        if (typeof name !== "string" || typeof password !== "string")
          throw refuse(400, ['Must include either "username" or "email" and "password".']);
        const user = named(state, stripped(name));
        // Measured: one whose password begins or ends with a blank cannot sign in here; Basic takes it. (cvat-real-second-look.md, 2)
        if (user && password !== stripped(password) && isPassword(user, password))
          throw new Refusal(errorPage(500, "Server Error (500)"));
        if (!user?.is_active || !isPassword(user, password))
          throw refuse(400, { non_field_errors: ["Unable to log in with provided credentials."] });
        user.token ??= randomBytes(20).toString("hex");
        const session = randomBytes(16).toString("hex");
        state.sessions[session] = { user: user.id, password: user.password };
        const cookies = [
          `csrftoken=${randomBytes(16).toString("hex")}; Path=/; SameSite=Lax`,
          `sessionid=${session}; HttpOnly; Path=/; SameSite=Lax`,
        ];
        return json(200, { key: user.token }, { "Set-Cookie": cookies });
      },
    },
  },
  {
    path: /^auth\/logout$/,
    open: true,
    methods: {
      // The key is dead for every program that has it. (1.7)
      POST: ({ user }) => {
        if ((user as StoredUser | undefined) !== undefined) user.token = null;
        return json(200, { detail: "Successfully logged out." });
      },
    },
  },
];
