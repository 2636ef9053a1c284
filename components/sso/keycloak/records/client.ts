import { UserError } from "../../../program/errors.ts";
import { changedKeys } from "../../../records/changed.ts";
import { HalfMade } from "../../../records/half-made.ts";
import type { ResourceKind, Run } from "../../../records/kind.ts";
import { asServiceAccount } from "../account.ts";
import type { KeycloakAdmin } from "../client/admin.ts";
import { KeycloakError } from "../client/errors.ts";
import { changedAccount, type Connection } from "../connection.ts";
import { changedParts } from "../departures.ts";
import { bodyOf, clientIn, type ClientRepresentation } from "../representation.ts";
import { uriProblems } from "../uris.ts";
import type { WantedClient } from "../wanted-client.ts";
import { bring, rolesOf, scopesNamed } from "./bring.ts";
import { named } from "../named.ts";
import { isInUse, leaving, present } from "./present.ts";

export interface ClientInputs extends WantedClient {
  connection: Connection;
  secret: string;
}

export interface ClientOuts extends ClientInputs {
  /** What departed and is shown to nobody: the secret, which looks alike in every report. (automation/drift/judge-record.ts) */
  drift: readonly "secret"[];
}

const OIDC = "openid-connect";
const path = (id: string) => `/clients/${id}`;

/**
 * The client that people sign in by. Its natural key is its client id, which a realm has once. All of it is the stack's: what somebody adds by
 * hand, an attribute or a mapper, goes. Users and groups are never touched, nor when its tokens were last revoked. (sign-in-parts.md 2)
 */
export const kind: ResourceKind<ClientInputs, ClientOuts> = {
  secrets: ["connection", "secret"],

  check(inputs, _olds, run) {
    present(inputs, run);
    return uriProblems(inputs);
  },

  async create(inputs, run) {
    const id = await inRealm(inputs.connection, run, async (admin) => {
      const scopes = await knownScopes(admin, inputs);
      const there = await named(admin, inputs.clientId);
      if (there) refuseAnothers(there);
      const made = there?.id ?? (await post(admin, inputs));
      await bring(admin, made, inputs, scopes).catch((error: unknown) => {
        throw new HalfMade(error, { id: made, outs: outsOf(inputs) });
      });
      return made;
    });
    return { id, outs: outsOf(inputs) };
  },

  read: (id, outs, run) =>
    inRealm(outs.connection, run, async (admin) => {
      const found = await admin.find<ClientRepresentation>(path(id));
      if (!found) return undefined;
      const { secret = "" } = found;
      const client = clientIn(found, outs.settings, await rolesOf(admin, id));
      return { id, outs: { ...outs, ...client, secret, drift: secret === outs.secret ? [] : ["secret"] } };
    }),

  update: (id, olds, news, run) =>
    inRealm(news.connection, run, async (admin) => {
      const isOther = changedParts(olds, news).length > 0 || olds.secret !== news.secret;
      if (!isOther) return outsOf(news);
      const scopes = await knownScopes(admin, news);
      if (!(await admin.find(path(id))))
        throw new UserError(
          `Keycloak's client ${olds.clientId} cannot be changed, since somebody removed it in Keycloak, or another Keycloak answers at ${news.connection.url}. ` +
            "Let the stack take note of that with `pulumi refresh`, then run up: it is made again. (docs/recover.md)",
        );
      await bring(admin, id, news, scopes);
      return outsOf(news);
    }),

  async delete(id, outs, run) {
    if (await isInUse(id, run)) return;
    await leaving(outs, run, async (admin) => {
      const there = await admin.find<ClientRepresentation>(path(id));
      // Under another name it is somebody's by now.
      if (there?.clientId === outs.clientId) await admin.remove(path(id));
    });
  },

  diff: (olds, news) => ({
    changed: [...changedParts(olds, news), ...changedKeys(["secret"], olds, news), ...changedAccount(olds, news)],
    // Tokens of one audience are not those of another; a realm elsewhere has a client of its own.
    replaces: [...changedKeys(["clientId"], olds, news), ...(isElsewhere(olds, news) ? ["connection"] : [])],
  }),
};

/** One that an older version wrote without it is where it was. */
const isElsewhere = (olds: { connection?: Connection }, { connection }: ClientInputs) =>
  olds.connection !== undefined && olds.connection.issuer !== connection.issuer;

const outsOf = (inputs: ClientInputs): ClientOuts => ({ ...inputs, drift: [] });

const inRealm = <T>(connection: Connection, { signal }: Run, work: (admin: KeycloakAdmin) => Promise<T>): Promise<T> =>
  asServiceAccount(connection, { signal }, work);

/** A client of another protocol is no earlier try of ours: somebody signs in by it. */
function refuseAnothers({ clientId, protocol = OIDC }: ClientRepresentation): void {
  if (protocol === OIDC) return;
  throw new UserError(
    `vision-platform:sso.client.id: the realm has a client ${clientId} already, which speaks ${protocol}. It is somebody's: take another name.`,
  );
}

/** Makes it. The answer may get lost, and another run may have made it meanwhile: so it is looked for before this is an error. */
async function post(admin: KeycloakAdmin, inputs: ClientInputs): Promise<string> {
  const { defaultScopes, optionalScopes } = inputs;
  const scopes = { defaultClientScopes: defaultScopes, optionalClientScopes: optionalScopes };
  try {
    const id = await admin.post("/clients", { ...bodyOf(inputs, inputs.secret), ...scopes });
    if (id !== undefined) return id;
  } catch (error) {
    const isThere = error instanceof KeycloakError && (error.status === 409 || error.maybeDone);
    const there = isThere ? await named(admin, inputs.clientId) : undefined;
    if (there) return there.id;
    throw error;
  }
  const made = await named(admin, inputs.clientId);
  if (made) return made.id;
  throw new UserError(`Keycloak took the client ${inputs.clientId}, and has none of this name.`);
}

/** The realm's scopes. A client is given only those that it has; of others Keycloak says nothing, and nobody could sign in. (sign-in-parts.md 2) */
async function knownScopes(
  admin: KeycloakAdmin,
  { defaultScopes, connection }: ClientInputs,
): Promise<ReadonlyMap<string, string>> {
  const known = await scopesNamed(admin);
  const unknown = defaultScopes.filter((name) => !known.has(name));
  if (unknown.length === 0) return known;
  throw new UserError(
    `vision-platform:sso.scopes: realm ${connection.realm} has no client scope ${unknown.join(", ")}. Make it there, or take it out. (\`basic\`, which says who somebody is, every realm has since Keycloak 25.)`,
  );
}
