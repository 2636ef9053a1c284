import { UserError } from "../../components/program/errors.ts";
import type { KeycloakAdmin } from "../../components/sso/keycloak/client/admin.ts";
import { KeycloakError } from "../../components/sso/keycloak/client/errors.ts";
import { named } from "../../components/sso/keycloak/named.ts";
import type { NamedRepresentation } from "../../components/sso/keycloak/representation.ts";

/**
 * Gives each role of sign-in's client to the group of the same path, so that tokens name those groups alone. None is taken away.
 * @param paths of the groups: `/annotators/team-a`
 * @returns what was done, or would be, as sentences
 * @throws UserError naming groups that the realm has not, and where `up` has not made the client yet; nothing was done then
 */
export async function giveRoles(
  admin: KeycloakAdmin,
  clientId: string,
  paths: readonly string[],
  dryRun: boolean,
): Promise<string[]> {
  const client = await named(admin, clientId);
  const roles = client ? await admin.get<NamedRepresentation[]>(`/clients/${client.id}/roles`) : [];
  const pairs = await Promise.all(
    paths.map(async (path) => ({
      path,
      group: await groupAt(admin, path),
      role: roles.find(({ name }) => name === path),
    })),
  );
  const without = pairs.filter(({ role }) => !role).map(({ path }) => path);
  if (!client || without.length > 0)
    throw new UserError(
      `The client ${clientId} has no role ${without.join(", ")}: set vision-platform:sso.keycloak.groupsFrom to roles and run up, which makes them; then run this again.`,
    );
  const unknown = pairs.filter(({ group }) => !group).map(({ path }) => path);
  if (unknown.length > 0)
    throw new UserError(
      `The realm has no group ${unknown.join(", ")}: make it in Keycloak, or correct vision-platform:sso.groups.`,
    );
  const done: string[] = [];
  for (const { path, group, role } of pairs) {
    if (!group || !role) continue;
    const at = `/groups/${group.id}/role-mappings/clients/${client.id}`;
    const given = await admin.get<NamedRepresentation[]>(at);
    if (given.some(({ id }) => id === role.id)) continue;
    done.push(`gave group ${path} the role of the same name`);
    if (!dryRun) await admin.post(at, [role]);
  }
  return done;
}

async function groupAt(admin: KeycloakAdmin, path: string): Promise<{ id: string } | undefined> {
  const parts = path.split("/").filter(Boolean).map(encodeURIComponent);
  try {
    return await admin.find<{ id: string }>(`/group-by-path/${parts.join("/")}`);
  } catch (error) {
    // A name that no path can have.
    if (error instanceof KeycloakError && error.status === 400) return undefined;
    throw error;
  }
}
