import { isMap } from "../../components/program/maps.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import { pathText } from "../../components/schema/problems.ts";
import { HIDDEN } from "../engine/outputs.ts";

export type Place = readonly string[];

/** A place as a person reads it, and as the engine writes it: `spec.containers[0].image`, `data["users.json"]`. */
export const placeText = (place: Place): string =>
  pathText(
    "",
    place.map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  ).replace(/^\./, "");

/** Every value that is no map and no list, or an empty one, with its place. */
export function leavesOf(value: unknown, place: Place = []): { place: Place; value: unknown }[] {
  const entries = isMap(value) || Array.isArray(value) ? Object.entries(value) : [];
  if (entries.length === 0) return [{ place, value }];
  return entries.flatMap(([key, inner]) => leavesOf(inner, [...place, key]));
}

/** The same value with other leaves. */
export function withLeaves(value: unknown, to: (value: unknown, place: Place) => unknown, place: Place = []): unknown {
  if (Array.isArray(value)) return value.map((inner, at) => withLeaves(inner, to, [...place, String(at)]));
  if (!isMap(value)) return to(value, place);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withLeaves(inner, to, [...place, key])]));
}

/** Whether one place is the other, or lies in it. */
export const isWithin = (place: Place, other: Place): boolean => other.every((part, at) => place[at] === part);

/** Whether the values at two places have to do with each other. */
export const touch = (one: Place, other: Place): boolean => isWithin(one, other) || isWithin(other, one);

/** Where secrets are hidden. */
export const hiddenIn = (value: unknown): Place[] =>
  leavesOf(value).flatMap((leaf) => (leaf.value === HIDDEN ? [leaf.place] : []));

/** Where values are not known yet. */
export const unknownIn = (value: unknown): Place[] =>
  leavesOf(value).flatMap((leaf) => (isUnknown(leaf.value) ? [leaf.place] : []));

export const isUnknown = (value: unknown): boolean => typeof value === "string" && value.includes(UNKNOWN);
