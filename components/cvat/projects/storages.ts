import type { CloudStorage, Project, StorageReference } from "../client/types.ts";
import type { ProjectConfig } from "./project-config.ts";

export const LOCAL = "local";

/** A project's storages by their keys in CVAT. */
const KEYS = { sourceStorage: "source_storage", targetStorage: "target_storage" } as const;

export interface StorageChange {
  key: keyof typeof KEYS;
  from: string;
  to: string;
}

/** Those of a project's storages that are other than wanted. */
export function compareStorages(
  wanted: Pick<ProjectConfig, "sourceStorage" | "targetStorage">,
  live: Pick<Project, "source_storage" | "target_storage"> | undefined,
  storages: readonly CloudStorage[],
): StorageChange[] {
  return (Object.keys(KEYS) as (keyof typeof KEYS)[]).flatMap((key) => {
    const to = wanted[key];
    const from = storageName(live?.[KEYS[key]] ?? null, storages);
    return to === undefined || to === from ? [] : [{ key, from, to }];
  });
}

/** The name of a storage, `local`, or its number where its record is not to be seen. */
export function storageName(reference: StorageReference | null, storages: readonly CloudStorage[]): string {
  if (reference?.location !== "cloud_storage") return LOCAL;
  const id = reference.cloud_storage_id;
  return storages.find((one) => one.id === id)?.display_name ?? `#${id ?? 0}`;
}

/** What CVAT is told of them. */
export function storageBody(
  changes: readonly StorageChange[],
  storages: readonly CloudStorage[],
): Record<string, unknown> {
  return Object.fromEntries(
    changes.map(({ key, to }) => [
      KEYS[key],
      to === LOCAL
        ? { location: "local" }
        : { location: "cloud_storage", cloud_storage_id: storages.find(({ display_name }) => display_name === to)?.id },
    ]),
  );
}

/** Storages that a project names and that are not there, or more than once, as sentences. */
export function storageProblems(
  { sourceStorage, targetStorage }: Pick<ProjectConfig, "sourceStorage" | "targetStorage">,
  storages: readonly CloudStorage[],
): string[] {
  const wanted = { sourceStorage, targetStorage };
  const known = [LOCAL, ...storages.map(({ display_name }) => display_name)].join(", ");
  return Object.entries(wanted).flatMap(([key, name]) => {
    if (name === undefined || name === LOCAL) return [];
    const same = storages.filter(({ display_name }) => display_name === name);
    if (same.length === 1) return [];
    return same.length === 0
      ? [`${key}: CVAT has no cloud storage ${name} here. It has: ${known}.`]
      : [
          `${key}: CVAT has ${same.length} cloud storages ${name} here: ${same.map(({ id }) => `#${id}`).join(", ")}. Rename one.`,
        ];
  });
}
