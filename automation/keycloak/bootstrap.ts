import { randomBytes } from "node:crypto";
import { UserError } from "../../components/program/errors.ts";
import type { KeycloakAdmin } from "../../components/sso/keycloak/client/admin.ts";
import { named } from "../../components/sso/keycloak/named.ts";
import type { ClientRepresentation, NamedRepresentation } from "../../components/sso/keycloak/representation.ts";

/** What `up` keeps the client of sign-in by. */
export interface ServiceAccount {
  secret: string;
  /** What was done, or would be: as sentences. Empty: everything was as it must be. */
  done: string[];
  /** What it may beside what it needs. */
  more: string[];
}

/** The client by which every realm's own administration is known, and the one role of it that is needed. (sign-in-parts.md 2) */
const MANAGEMENT = "realm-management";
const ROLE = "manage-clients";

const SETTINGS = {
  enabled: true,
  protocol: "openid-connect",
  publicClient: false,
  bearerOnly: false,
  clientAuthenticatorType: "client-secret",
  serviceAccountsEnabled: true,
  standardFlowEnabled: false,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
} as const;

/**
 * Makes a client with a service account that may manage clients, or brings one that is there to that. Done twice, the second finds all as it must
 * be.
 * @param dryRun whether it is only said what would be done; the secret of one that is not there is empty then
 * @throws UserError for a client of this name that people sign in by
 */
export async function makeServiceAccount(
  admin: KeycloakAdmin,
  clientId: string,
  dryRun: boolean,
): Promise<ServiceAccount> {
  // Before anything is made: whoever may not do the last step shall not begin.
  const management = await named(admin, MANAGEMENT);
  if (!management) throw new UserError(`The realm has no client ${MANAGEMENT}, so that nobody can be given ${ROLE}.`);
  const role = await admin.get<NamedRepresentation>(`/clients/${management.id}/roles/${ROLE}`);
  const there = await named(admin, clientId);
  if (there) refuseAnothers(there);
  const done: string[] = [];
  if (!there) {
    done.push(`made the client ${clientId}`, `gave its service account the role ${ROLE} of ${MANAGEMENT}`);
    if (dryRun) return { secret: "", done, more: [] };
  }
  let made = there ?? (await make(admin, clientId));
  if (there && isOff(there)) {
    done.push(`switched the client ${clientId} to a service account alone`);
    if (!dryRun) {
      // One that signed in otherwise may have had none.
      await admin.put(`/clients/${there.id}`, { ...SETTINGS, secret: there.secret || newSecret() });
      made = (await named(admin, clientId)) ?? there;
    }
  }
  if (dryRun && isOff(made)) return { secret: made.secret ?? "", done, more: [] };
  const { id: account } = await admin.get<{ id: string }>(`/clients/${made.id}/service-account-user`);
  const at = `/users/${account}/role-mappings/clients/${management.id}`;
  const given = (await admin.get<NamedRepresentation[]>(at)).map(({ name }) => name);
  if (!given.includes(ROLE)) {
    if (there) done.push(`gave its service account the role ${ROLE} of ${MANAGEMENT}`);
    if (!dryRun) await admin.post(at, [role]);
  }
  return { secret: made.secret ?? "", done, more: given.filter((name) => name !== ROLE) };
}

const newSecret = () => randomBytes(32).toString("base64url");

async function make(admin: KeycloakAdmin, clientId: string): Promise<ClientRepresentation> {
  await admin.post("/clients", {
    clientId,
    secret: newSecret(),
    ...SETTINGS,
    name: "vision-platform",
    description: "Its service account keeps the client by which people sign in to CVAT.",
    redirectUris: [],
    webOrigins: [],
  });
  const made = await named(admin, clientId);
  if (made) return made;
  throw new UserError(`Keycloak took the client ${clientId}, and has none of this name.`);
}

const said = (client: ClientRepresentation) => client as unknown as Readonly<Record<string, unknown>>;

const isOff = (client: ClientRepresentation) =>
  Object.entries(SETTINGS).some(([key, value]) => said(client)[key] !== value);

/** One that people sign in by is no earlier try of ours. */
function refuseAnothers(client: ClientRepresentation): void {
  const { standardFlowEnabled, publicClient, protocol } = said(client);
  if (protocol === SETTINGS.protocol && publicClient !== true && standardFlowEnabled !== true) return;
  throw new UserError(
    `The realm has a client ${client.clientId} by which people sign in, so it is somebody's: name another one in vision-platform:sso.keycloak.adminClient.`,
  );
}
