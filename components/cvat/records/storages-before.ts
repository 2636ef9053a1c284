import type { Run } from "../../records/kind.ts";
import type { CvatClient } from "../client/client.ts";
import type { CloudStorage } from "../client/types.ts";

const LOOKS = new WeakMap<object, Map<string, Promise<CloudStorage[]>>>();

/**
 * The cloud storages of an organization, or of the account's own space, before the run makes any: one look for all records of a run. CVAT's
 * server has few processes, and each call that a storage costs is paid by all of them. What came since is found by the look after a creation.
 */
export function storagesBefore(client: CvatClient, organization: string, { engine }: Run): Promise<CloudStorage[]> {
  const looks = LOOKS.get(engine) ?? new Map<string, Promise<CloudStorage[]>>();
  LOOKS.set(engine, looks);
  const place = JSON.stringify([client.endpoint, client.username, organization]);
  const before = looks.get(place);
  if (before !== undefined) return before;
  const look = client.list<CloudStorage>("cloudstorages", { organization });
  looks.set(place, look);
  // The next record tries it again.
  look.catch(() => looks.delete(place));
  return look;
}
