import { isMap } from "../program/maps.ts";

/** Chart values, or a part of them. */
export type Values = Record<string, unknown>;

/** Values with others laid over them as Helm does it: maps key by key, everything else, lists too, replaced. Neither is changed. */
export function mergeValues(base: Values, over: Values): Values {
  const merged = Object.entries(over).map(([key, value]) => {
    const below = base[key];
    return [key, isMap(below) && isMap(value) ? mergeValues(below, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(merged) };
}
