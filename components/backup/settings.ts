import type { BackupAccess } from "./access.ts";
import type { BackupPlan } from "./plan.ts";

/** What the scripts read, as JSON from a Secret: all that they know of the lab. (components/backup/script/settings.py) */
export function settingsText({ config, parts }: BackupPlan, { store, cvat, notifyUrl }: BackupAccess): string {
  const { projects, databases, volumes, drill, notify, timeZone } = config;
  return JSON.stringify({
    ...{ store, cvat, parts, projects, databases, volumes, drill, timeZone },
    notify: { kind: notify.kind, ...(notifyUrl !== undefined && { url: notifyUrl }) },
  });
}
