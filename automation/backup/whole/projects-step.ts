import type { ListedBackup } from "../kept/listing.ts";

/** The newest backup of each project that may have what CVAT lacks. @param since stamp of the dump that CVAT was put back from. Default: none was */
export function projectsSince(listed: readonly ListedBackup[], since: string | undefined): ListedBackup[] {
  const newest = new Map<string, ListedBackup>();
  for (const one of listed) {
    if (one.project === undefined) continue;
    const name = `${one.organization ?? ""}/${one.project.id}`;
    const other = newest.get(name);
    if (other === undefined || other.stamp < one.stamp) newest.set(name, one);
  }
  return [...newest.values()].filter(({ stamp }) => since === undefined || stamp > since);
}

/** The newest backup of each volume that is of use. @param listed the newest first */
export function newestVolumes(listed: readonly ListedBackup[], names: readonly string[]): ListedBackup[] {
  return names.flatMap((name) => listed.find(({ volume, bad }) => volume === name && bad === undefined) ?? []);
}
