import { detail, errorPage, Refusal, refuse } from "../answers.ts";
import { FORBIDDEN, type Asked } from "../asked.ts";
import { hasPrivilege, hasRole, isAdmin } from "../rules.ts";
import type { StoredProject, StoredStorage } from "../store.ts";

/**
 * Where an export goes: the storage that is named, or the target of its own record. (cvat-rest-measured.md 6.1, 6.4, 6.5)
 * @returns the storage's number; undefined: it is there to be downloaded
 */
export function destinationOf(asked: Asked, own: StoredProject | undefined): number | undefined {
  const { query, state, token } = asked;
  const location = query.get("location") ?? own?.target_storage?.location ?? "local";
  if (location === "local") return undefined;
  const target = query.has("location") ? null : own?.target_storage?.cloud_storage_id;
  const id = query.get("cloud_storage_id") ?? target;
  if (location !== "cloud_storage" || id === null || id === undefined)
    throw new Refusal(errorPage(500, "Server Error (500)"));
  const storage = state.storages.find((one) => one.id === Number(id));
  if (!storage) throw refuse(400, ["CloudStorage matching query does not exist."]);
  // A token for reading writes into no bucket. (cvat-real-third-look.md 2.5, 3.1)
  if (token?.read_only || !mayFill(asked, storage, own?.organization ?? null)) throw detail(403, FORBIDDEN);
  return storage.id;
}

/** An organization's storage is for what is in the organization. (cvat-real-third-look.md 3.1; engine/rules/cloudstorages.rego) */
export function mayFill({ state, user }: Asked, storage: StoredStorage, organization: number | null): boolean {
  if (isAdmin(user)) return true;
  if (storage.organization !== organization) return false;
  return storage.owner === user.id || (hasPrivilege(user, "user") && hasRole(state, user, organization, "supervisor"));
}
