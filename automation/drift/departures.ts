import { isDeepStrictEqual } from "node:util";
import { isMap } from "../../components/program/maps.ts";

/** A step into an object: a key, or an item of a list that is told from the others by a field of its own. */
export type Part = string | Item;

export interface Item {
  /** What a person knows it by: `cvat-backend`. */
  label: string;
  /** The item as it is now; where it is gone, as it was. */
  value: Readonly<Record<string, unknown>>;
  /** Where it stands in the list now; undefined where it is gone. */
  at: number | undefined;
}

/** One place in which two values differ. */
export interface Departure {
  parts: readonly Part[];
  /** Undefined: it was not there. */
  before: unknown;
  /** Undefined: it is gone. */
  after: unknown;
}

/** Fields by which the API server tells items of a list, in the order in which they are tried. (kubernetes: +listMapKey in api/core/v1/types.go) */
const NAMING: readonly (readonly string[])[] = [
  ["name"],
  ["containerPort", "protocol"],
  ["port", "protocol"],
  ["mountPath"],
  ["devicePath"],
  ["topologyKey", "whenUnsatisfiable"],
  ["type"],
  ["ip"],
  ["uid"],
];

/** Where two values differ: as deep as maps go, and in lists item by item where items have names. Any other list differs as a whole. */
export function departuresOf(before: unknown, after: unknown, parts: readonly Part[] = []): Departure[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isMap(before ?? {}) && isMap(after ?? {}) && !(before === undefined && isItem(parts))) {
    const [old, now] = [(before ?? {}) as Values, (after ?? {}) as Values];
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    // An item, and a map that holds nothing, come and go as one.
    if (keys.length > 0 && !(after === undefined && isItem(parts)))
      return keys.flatMap((key) => departuresOf(old[key], now[key], [...parts, key]));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const pairs = paired(before as unknown[], after as unknown[]);
    if (pairs !== undefined) return pairs.flatMap(({ item, old, now }) => departuresOf(old, now, [...parts, item]));
  }
  return [{ parts, before, after }];
}

type Values = Readonly<Record<string, unknown>>;

const isItem = (parts: readonly Part[]) => typeof parts.at(-1) === "object";

interface Pair {
  item: Item;
  old: unknown;
  now: unknown;
}

/** The items of two lists by their names; undefined where not all have one of their own. */
function paired(before: readonly unknown[], after: readonly unknown[]): Pair[] | undefined {
  const naming = NAMING.find((fields) => isNamedBy(fields, before) && isNamedBy(fields, after));
  if (naming === undefined) return undefined;
  const nameOf = (item: unknown) => labelOf(item as Values, naming);
  const old = new Map(before.map((item) => [nameOf(item), item as Values]));
  const now = new Map(after.map((item, at) => [nameOf(item), { item: item as Values, at }]));
  return [...new Set([...old.keys(), ...now.keys()])].map((label) => {
    const [was, is] = [old.get(label), now.get(label)];
    return { item: { label, value: is?.item ?? was ?? {}, at: is?.at }, old: was, now: is?.item };
  });
}

function isNamedBy(fields: readonly string[], items: readonly unknown[]): boolean {
  const labels = items.map((item) => (isMap(item) && item[fields[0] ?? ""] !== undefined ? labelOf(item, fields) : ""));
  return labels.every((label) => label !== "") && new Set(labels).size === labels.length;
}

const labelOf = (item: Values, fields: readonly string[]): string =>
  fields
    .map((field) => item[field])
    .filter((value) => value !== undefined)
    .map(String)
    .join("/");

/** A path as a person reads it: `spec.template.spec.containers[server].env[DEBUG]`. */
export function pathText(parts: readonly Part[]): string {
  return parts
    .map((part, at) => {
      if (typeof part !== "string") return `[${part.label}]`;
      if (!/^[A-Za-z_$][\w$-]*$/.test(part)) return `[${JSON.stringify(part)}]`;
      return at === 0 ? part : `.${part}`;
    })
    .join("");
}

/** The value at a path, of what the path was found in. */
export function valueIn(root: unknown, parts: readonly Part[]): unknown {
  return parts.reduce<unknown>((value, part) => {
    if (typeof part === "string") return isMap(value) ? value[part] : undefined;
    if (!Array.isArray(value)) return undefined;
    return (value as unknown[]).find((item) => isMap(item) && NAMING.some((fields) => isSameItem(fields, item, part)));
  }, root);
}

const isSameItem = (fields: readonly string[], item: Values, { label }: Item) =>
  item[fields[0] ?? ""] !== undefined && labelOf(item, fields) === label;
