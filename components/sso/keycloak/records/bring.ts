import { UserError } from "../../../program/errors.ts";
import type { KeycloakAdmin } from "../client/admin.ts";
import { changedParts } from "../departures.ts";
import { bodyOf, clientIn, type ClientRepresentation, type NamedRepresentation } from "../representation.ts";
import type { WantedClient } from "../wanted-client.ts";

/**
 * Makes a client that is there the wanted one. Its scopes and roles have calls of their own: a PUT of the client takes no notice of them, and one
 * that gives it another protocol changes its scopes. (sign-in-parts.md 2)
 * @param scopes ids of the realm's, by name
 * @throws UserError where it is another one all the same
 */
export async function bring(
  admin: KeycloakAdmin,
  id: string,
  wanted: WantedClient & { secret: string },
  scopes: ReadonlyMap<string, string>,
): Promise<void> {
  const path = `/clients/${id}`;
  const look = async () => {
    const found = await admin.get<ClientRepresentation>(path);
    return { secret: found.secret, client: clientIn(found, wanted.settings, await rolesOf(admin, id)) };
  };
  const before = await look();
  const isSame = (now: typeof before) => changedParts(now.client, wanted).length === 0 && now.secret === wanted.secret;
  if (isSame(before)) return;
  await admin.put(path, bodyOf(wanted, wanted.secret, before.client));
  const found = await admin.get<ClientRepresentation>(path);
  await giveScopes(admin, `${path}/default-client-scopes`, found.defaultClientScopes, wanted.defaultScopes, scopes);
  await giveScopes(admin, `${path}/optional-client-scopes`, found.optionalClientScopes, wanted.optionalScopes, scopes);
  await giveRoles(admin, path, wanted.roles);
  const after = await look();
  if (isSame(after)) return;
  throw new UserError(
    `Keycloak took the client ${wanted.clientId} and has it otherwise: ${[...changedParts(after.client, wanted), ...(after.secret === wanted.secret ? [] : ["secret"])].join(", ")}. ` +
      "A client policy of the realm may say so: exempt this client from it.",
  );
}

/** Ids of the realm's client scopes, by name. */
export async function scopesNamed(admin: KeycloakAdmin): Promise<ReadonlyMap<string, string>> {
  const scopes = await admin.get<NamedRepresentation[]>("/client-scopes");
  return new Map(scopes.map(({ name, id }) => [name, id]));
}

/** Names of a client's own roles. */
export async function rolesOf(admin: KeycloakAdmin, id: string): Promise<string[]> {
  return (await admin.get<NamedRepresentation[]>(`/clients/${id}/roles`)).map(({ name }) => name);
}

async function giveScopes(
  admin: KeycloakAdmin,
  path: string,
  now: readonly string[] = [],
  wanted: readonly string[],
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  const at = (name: string) => `${path}/${ids.get(name) ?? ""}`;
  for (const name of now.filter((one) => !wanted.includes(one))) await admin.remove(at(name));
  for (const name of wanted.filter((one) => !now.includes(one))) await admin.put(at(name));
}

async function giveRoles(admin: KeycloakAdmin, path: string, wanted: readonly string[]): Promise<void> {
  const now = await admin.get<NamedRepresentation[]>(`${path}/roles`);
  // By its id: the name of one has slashes, which many a proxy takes for a path.
  for (const { name, id } of now) if (!wanted.includes(name)) await admin.remove(`/roles-by-id/${id}`);
  const names = now.map(({ name }) => name);
  for (const name of wanted) if (!names.includes(name)) await admin.post(`${path}/roles`, { name });
}
