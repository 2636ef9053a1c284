import { isDeepStrictEqual } from "node:util";

/** Those of the keys that have another value now. One that an older version did not write yet has another. */
export function changedKeys<const K extends string>(
  keys: readonly K[],
  olds: { readonly [key in K]?: unknown },
  news: { readonly [key in K]?: unknown },
): NoInfer<K>[] {
  return keys.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
}
