import type { BackupAccess } from "./access.ts";
import { watchedOf, type BackupPlan } from "./plan.ts";

/** What the scripts read, as JSON from a Secret: all that they know of the lab. (components/backup/script/settings.py) */
export function settingsText(plan: BackupPlan, { store, cvat, notifyUrl }: BackupAccess): string {
  const { config, parts, volumes: claims } = plan;
  const { projects, databases, volumes, drill, notify, timeZone } = config;
  return JSON.stringify({
    ...{ store, cvat, parts, projects, databases, volumes, drill, timeZone, watched: watchedOf(plan) },
    claims: Object.fromEntries(
      claims.map(({ name, title, namespace, claim, leavesOut }) => [
        name,
        { title, claim: `${namespace}.${claim}`, leavesOut },
      ]),
    ),
    notify: { kind: notify.kind, ...(notifyUrl !== undefined && { url: notifyUrl }) },
  });
}
