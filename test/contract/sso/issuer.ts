import { generateKeyPairSync, randomBytes, type JsonWebKey } from "node:crypto";
import { createServer, type Server } from "node:http";
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
}

/** A real issuer of OpenID Connect, oidc-provider, in this process. */
export interface Issuer {
  /** Its address, which stands in its tokens. */
  url: string;
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
}: IssuerOptions): Promise<Issuer> {
  const calls: string[] = [];
  const port = await getPort();
  const url = `http://127.0.0.1:${port}`;
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
  const handle = provider.callback();
  const listening = (): Promise<Server> =>
    new Promise((resolve, reject) => {
      const made = createServer((request, response) => {
        calls.push(request.url ?? "");
        void handle(request, response);
      });
      made.once("error", reject);
      made.listen(port, "127.0.0.1", () => resolve(made));
    });
  let server = await listening();
  const closed = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url,
    calls,
    keys: async () => ((await (await fetch(`${url}/jwks`)).json()) as { keys: JsonWebKey[] }).keys,
    down: closed,
    up: async () => {
      server = await listening();
    },
    stop: closed,
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
