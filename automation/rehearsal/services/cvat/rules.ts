import type { State, StoredUser } from "./store.ts";

/** Who may what, as CVAT's policies have it. (cvat/apps/iam/rules/utils.rego, cvat/apps/organizations/rules/organizations.rego) */

const PRIVILEGES = ["admin", "user", "worker"] as const;
const ROLES = ["owner", "maintainer", "supervisor", "worker"] as const;

export type Privilege = (typeof PRIVILEGES)[number];
export type Role = (typeof ROLES)[number];

/** By his groups: a superuser who is taken that away stays in his group. */
export const isAdmin = (user: StoredUser): boolean => user.groups.includes("admin");

/** Whether a user may do what `least` may, whatever the organization. */
export function hasPrivilege(user: StoredUser, least: Privilege): boolean {
  const own = PRIVILEGES.findIndex((privilege) => user.groups.includes(privilege));
  return own >= 0 && own <= PRIVILEGES.indexOf(least);
}

/** What a user is in an organization. */
export function roleIn(state: State, user: StoredUser, organization: number | null | undefined): Role | undefined {
  const membership = state.memberships.find(
    (one) => one.user === user.id && one.organization === organization && one.is_active,
  );
  return ROLES.find((role) => role === membership?.role);
}

/** Whether a user is at least this in an organization. */
export function hasRole(state: State, user: StoredUser, organization: number | null | undefined, least: Role): boolean {
  const role = roleIn(state, user, organization);
  return role !== undefined && ROLES.indexOf(role) <= ROLES.indexOf(least);
}

/** Its owner by both that CVAT has: the organization names him, and his membership says so. */
export function isOwner(state: State, user: StoredUser, organization: number | null | undefined): boolean {
  const owner = state.organizations.find(({ id }) => id === organization)?.owner;
  return owner === user.id && roleIn(state, user, organization) === "owner";
}
