import type { BackupAccess } from "./access.ts";
import { watchedOf, type BackupPlan } from "./plan.ts";

/** What the scripts read, as JSON from a Secret: all that they know of the lab. (components/backup/script/settings.py) */
export function settingsText(plan: BackupPlan, { store, cvat, notifyUrl }: BackupAccess): string {
  const { config, parts } = plan;
  const { projects, databases, drill, notify, timeZone } = config;
  return JSON.stringify({
    ...{ store, cvat, parts, projects, databases, drill, timeZone, watched: watchedOf(plan) },
    notify: { kind: notify.kind, ...(notifyUrl !== undefined && { url: notifyUrl }) },
  });
}
