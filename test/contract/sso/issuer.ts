import { generateKeyPairSync, randomBytes, type JsonWebKey } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import getPort from "get-port";
import Provider from "oidc-provider";

/** Somebody whom the issuer knows. */
export interface Person {
  groups: string[];
  email?: string;
  emailVerified?: boolean;
}

export interface IssuerOptions {
  client: { id: string; secret: string };
  /** Where it sends people back to, and where after they signed out. */
  redirect: string;
  afterwards: string;
  people: Record<string, Person>;
  /** Seconds that its tokens are good for. */
  tokenSeconds: number;
  /** Below which path it is. Default: at its root. */
  path?: string;
  /** Its certificate and key, PEM. Default: it speaks http. */
  tls?: { cert: string; key: string };
}

/** A real issuer of OpenID Connect, oidc-provider, in this process. */
export interface Issuer {
  /** Its address, which stands in its tokens. */
  url: string;
  /** What a person's browser, which trusts it, calls. */
  browse: (path: string, init?: RequestInit) => Promise<Response>;
  /** Public keys of its tokens. */
  keys: () => Promise<JsonWebKey[]>;
  /** Paths that were called, with their queries. */
  calls: string[];
  /** Stops answering; the port stays its own. */
  down: () => Promise<void>;
  up: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts one on a free port. Everybody's password is right, and nobody is asked whether he agrees. */
export async function startIssuer({
  client,
  redirect,
  afterwards,
  people,
  tokenSeconds,
  path = "",
  tls,
}: IssuerOptions): Promise<Issuer> {
  const calls: string[] = [];
  const port = await getPort();
  const url = `${tls ? "https" : "http"}://127.0.0.1:${port}${path}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider: Provider = new Provider(url, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [redirect],
        post_logout_redirect_uris: [afterwards],
        response_types: ["code"],
        grant_types: ["authorization_code", "refresh_token"],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username", "groups"] },
    conformIdTokenClaims: false,
    scopes: ["openid", "email", "profile"],
    ttl: {
      IdToken: tokenSeconds,
      AccessToken: tokenSeconds,
      RefreshToken: 3600,
      Session: 3600,
      Grant: 3600,
      Interaction: 600,
    },
    issueRefreshToken: () => true,
    findAccount: (_: unknown, id: string) => {
      const person = people[id];
      return person && { accountId: id, claims: () => claimsOf(id, person) };
    },
    // As who made the client has agreed in everybody's place.
    loadExistingGrant: async (ctx: GrantContext) => {
      const grant = new provider.Grant({ accountId: ctx.oidc.session?.accountId, clientId: ctx.oidc.client?.clientId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  });
  // A browser comes by http, as if through a proxy that has ended its TLS. (koa: app.proxy)
  provider.proxy = tls !== undefined;
  const handle = provider.callback();
  const answer: RequestListener = (request, response) => {
    calls.push(request.url ?? "");
    // As a framework mounts it: it knows by both where it is. (oidc-provider: docs, Mounting)
    const mounted = Object.assign(request, { originalUrl: request.url, url: request.url?.slice(path.length) });
    void handle(mounted, response);
  };
  const listening = (): Promise<Server> =>
    new Promise((resolve, reject) => {
      const made = tls ? createTlsServer(tls, answer) : createServer(answer);
      made.once("error", reject);
      made.listen(port, "127.0.0.1", () => resolve(made));
    });
  let server = await listening();
  const plain = tls && createServer(answer).listen(0, "127.0.0.1");
  const browse: Issuer["browse"] = (asked, init = {}) => {
    if (plain === undefined) return fetch(`http://127.0.0.1:${port}${asked}`, init);
    const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": new URL(url).host };
    const headers = { ...(init.headers as object), ...forwarded };
    return fetch(`http://127.0.0.1:${(plain.address() as AddressInfo).port}${asked}`, { ...init, headers });
  };
  const closed = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url,
    calls,
    browse,
    keys: async () => ((await (await browse(`${path}/jwks`)).json()) as { keys: JsonWebKey[] }).keys,
    down: closed,
    up: async () => {
      server = await listening();
    },
    stop: async () => {
      plain?.close();
      await closed();
    },
  };
}

interface GrantContext {
  oidc: { session?: { accountId?: string }; client?: { clientId?: string } };
}

function claimsOf(sub: string, { groups, email, emailVerified }: Person) {
  return {
    sub,
    preferred_username: sub,
    groups,
    ...(email !== undefined && { email }),
    ...(emailVerified !== undefined && { email_verified: emailVerified }),
  };
}
