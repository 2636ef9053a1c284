import type { OwnAccount } from "../cvat/users/own-account.ts";

/**
 * Who exports CVAT's projects: of group `user`, since a `worker` sees no project even where he maintains the organization, and maintainer of
 * each organization, who may export and restore all that is in it. (cvat-real-third-look.md 3.1, 10.4)
 */
export const BACKUP_ACCOUNT: OwnAccount = {
  username: "vision-platform-backup",
  firstName: "Backups",
  lastName: "of vision-platform",
  role: "user",
  membership: "maintainer",
};
