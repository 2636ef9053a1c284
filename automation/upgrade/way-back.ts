import type { Release } from "../../components/backup/databases/database.ts";
import type { ListedBackup } from "../backup/kept/listing.ts";

/** A dump that says of which release it is. */
export type ReleasedDump = ListedBackup & { release: Release };

const isReleased = (one: ListedBackup): one is ReleasedDump => one.release !== undefined;

/** Whether two are installed alike. */
export const isSameRelease = (one: Release, other: Release): boolean =>
  one.version === other.version && one.chart === other.chart && one.server === other.server;

/**
 * The dump by which a system goes back: the newest that is well of the release that was installed last before the one of now. None that a run
 * made while the release of now was changing the database already: such a one has more of its changes. (components/backup/script/retention.py)
 * @param dumps the newest first
 * @param now what the stack file installs
 */
export function wayBack(dumps: readonly ListedBackup[], now: Release): ReleasedDump | undefined {
  const others = dumps
    .filter(isReleased)
    .filter(({ bad, release }) => bad === undefined && !isSameRelease(release, now));
  const [newest] = others;
  if (newest === undefined) return undefined;
  const ofIt = others.filter(({ release }) => isSameRelease(release, newest.release));
  const fewest = Math.min(...ofIt.map(({ changes = 0 }) => changes));
  return ofIt.find(({ changes = 0 }) => changes === fewest);
}
