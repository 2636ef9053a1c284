import { isMap } from "../../components/program/maps.ts";
import { FIELD_MANAGER, isMadeUp, type ManagedEntry } from "../../components/kubernetes/field-manager.ts";
import type { Part } from "./departures.ts";

/** Who set a field, as the API server keeps it. */
export interface Owner {
  /** `kubectl-edit`. */
  manager: string;
  /** `scale`, `status`; of the object itself undefined. */
  subresource: string | undefined;
  /** When it set something last. The API server keeps none for what was set by way of `scale`. (pull-requests.md, 5) */
  time: string | undefined;
}

export interface TimedEntry extends ManagedEntry {
  time?: string;
}

/** The entries of an object's managers. */
export function entriesOf(object: unknown): TimedEntry[] {
  const metadata = isMap(object) ? object["metadata"] : undefined;
  const entries = isMap(metadata) ? metadata["managedFields"] : undefined;
  return Array.isArray(entries) ? (entries as TimedEntry[]) : [];
}

/** Whether an entry is of what we applied: by our one name, or by one that an older version made up. */
export const isOurs = ({ manager, subresource }: TimedEntry): boolean =>
  subresource === undefined && (manager === FIELD_MANAGER || isMadeUp(manager));

export const ownerOf = ({ manager = "somebody", subresource, time }: TimedEntry): Owner => ({
  manager,
  subresource: subresource === "" ? undefined : subresource,
  time,
});

/** The entries that hold a field. */
export function holders(entries: readonly TimedEntry[], parts: readonly Part[]): TimedEntry[] {
  return entries.filter(({ fieldsV1 }) => holds(fieldsV1, parts));
}

/**
 * Whether a set of fields holds this one. A field without fields of its own is held with all that is in it: a value, or a list that is set as
 * a whole. (structured-merge-diff: fieldpath/serialize.go)
 */
function holds(fields: unknown, parts: readonly Part[]): boolean {
  let node = fields;
  for (const [depth, part] of parts.entries()) {
    if (!isMap(node)) return false;
    if (depth > 0 && Object.keys(node).length === 0) return true;
    node = typeof part === "string" ? node[`f:${part}`] : itemOf(node, part.value);
    if (node === undefined) return false;
  }
  return parts.length > 0;
}

function itemOf(node: Readonly<Record<string, unknown>>, item: Readonly<Record<string, unknown>>): unknown {
  const key = Object.keys(node).find((one) => one.startsWith("k:") && isOf(one.slice(2), item));
  return key === undefined ? undefined : node[key];
}

function isOf(key: string, item: Readonly<Record<string, unknown>>): boolean {
  const names = JSON.parse(key) as Record<string, unknown>;
  // What the API server fills in by itself may be left out in what somebody applied.
  return Object.entries(names).every(([field, value]) => item[field] === value || item[field] === undefined);
}

/** Fields directly in a map of an object that an entry holds: the keys of a Secret's `data`. */
export function keysHeld({ fieldsV1 }: TimedEntry, map: string): string[] {
  const node = (fieldsV1 as Record<string, unknown> | undefined)?.[`f:${map}`];
  return isMap(node) ? Object.keys(node).flatMap((key) => (key.startsWith("f:") ? [key.slice(2)] : [])) : [];
}

/** Who was at work on an object since it was last read: whoever removes a field leaves no other trace. The newest first. */
export function newcomers(before: readonly TimedEntry[], after: readonly TimedEntry[]): TimedEntry[] {
  const known = new Set(before.map(signOf));
  return after
    .filter((entry) => !known.has(signOf(entry)))
    .sort((one, other) => (other.time ?? "").localeCompare(one.time ?? ""));
}

const signOf = ({ manager, operation, subresource, time }: TimedEntry) =>
  JSON.stringify([manager, operation, subresource, time]);
