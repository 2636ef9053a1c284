import { createHmac, timingSafeEqual } from "node:crypto";
import type { Account } from "./account.ts";
import { refuse } from "./refusal.ts";

/** Life of a token unless the caller asks for less. (clearml.md 1.11) */
const LIFE_S = 30 * 24 * 3600;
const COMPANY = "d1bd92a3b039400cbafc60a7a5b1e52b";

interface Claims {
  identity: { user: string; role: string; user_name: string };
  exp: number;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text: string, secret: string) => createHmac("sha256", secret).update(text).digest();

/** A JSON web token as the server makes it; the SDK reads the API's version and feature set in it. */
export function tokenFor({ id, name, role }: Account, secret: string, lifeS = LIFE_S): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    auth_type: "Bearer",
    identity: { user: id, company: COMPANY, role, user_name: name, company_name: "clearml" },
    iat: now,
    exp: now + lifeS,
    env: "<unknown>",
    api_version: "2.31",
    server_version: "2.0.0",
    server_build: "613",
    feature_set: "basic",
  };
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${sign(text, secret).toString("base64url")}`;
}

/** Whose token it is. @throws Refusal when it was not signed with this secret, or is too old */
export function readToken(token: string, secret: string): Account {
  const [head = "", body = "", signature = ""] = token.split(".");
  const given = Buffer.from(signature, "base64url");
  const right = sign(`${head}.${body}`, secret);
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw refuse("token", "(invalid jwt token)");
  const { identity, exp } = JSON.parse(Buffer.from(body, "base64url").toString()) as Claims;
  if (exp * 1000 < Date.now()) throw refuse("token", "(invalid jwt token): reason=Signature has expired");
  return { id: identity.user, name: identity.user_name, role: identity.role };
}

export const company = { id: COMPANY, name: "clearml" };
