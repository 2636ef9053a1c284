import { UserError } from "../../program/errors.ts";
import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind } from "../../records/kind.ts";
import type { Place } from "../client/place.ts";

interface DerivedKeys {
  place: Place;
  /** Secret key of each user of the lab, by its access key. Secret. */
  keys: Record<string, string>;
}

/**
 * That nothing made with a key outlives it. Whoever has a user's key can make more of them, access keys and temporary ones, and MinIO lets
 * those live when the user gets another. Of a user that is removed it ends the access keys, and keeps the temporary ones for a user of that
 * name. (measured with MinIO 2026-02-12)
 */
export const kind: ResourceKind<DerivedKeys> = {
  secrets: ["place", "keys"],
  // Nothing to do for users that are new, or of a stack of an older version.
  create: (inputs) => Promise.resolve({ id: "derived-keys", outs: inputs }),
  ...IN_STATE_ALONE,
  async update(_id, olds, { place, keys }, { signal }) {
    // Only here: a run that changes no key does not load the client.
    const { MinioAdmin } = await import("../client/admin.ts");
    const admin = new MinioAdmin(place, signal);
    const names = new Set([...Object.keys(olds.keys), ...Object.keys(keys)]);
    for (const name of names) {
      const [old, wanted] = [olds.keys[name], keys[name]];
      if (old === wanted) continue;
      const work =
        old !== undefined && wanted !== undefined ? madeAnew(admin, name, wanted) : admin.endTemporaryKeys(name);
      await work.catch((error: unknown) => {
        signal.throwIfAborted();
        const reason = error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
        throw new UserError(
          `What was made with a key of the object store's user \`${name}\` may still open it: ${reason}. ` +
            "It takes an administrator who may remove users and access keys (vision-platform:objectStore.credentials). Then run up again.",
          { cause: error },
        );
      });
    }
    return { place, keys };
  },
  diff: (olds, news) => ({ changed: changedKeys(["keys"], olds, news) }),
};

type Admin = import("../client/admin.ts").MinioAdmin;

/** MinIO ends access keys with their user alone, and lists them in no form that Node can read: so the user is made anew, with all it may do. */
async function madeAnew(admin: Admin, name: string, secret: string): Promise<void> {
  const { policies } = await admin.user(name);
  await admin.removeUser(name);
  await admin.endTemporaryKeys(name);
  await admin.setUser(name, secret);
  await admin.setPoliciesOf(name, policies);
}
