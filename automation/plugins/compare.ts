import type { AnyKind } from "../../provider/protocol/plugin.ts";

/**
 * Compares input by input: one that the program no longer names stays as it is.
 * @param replacing those whose change makes another resource
 * @param same whether two values of an input mean the same. Default: they are equal as JSON.
 */
export function byInputs(
  replacing: readonly string[],
  same: (key: string, old: unknown, wanted: unknown) => boolean = sameJson,
): AnyKind["diff"] {
  return (olds, news) => {
    const changed = Object.keys(news).filter((key) => !same(key, olds[key], news[key]));
    return { changed, replaces: changed.filter((key) => replacing.includes(key)) };
  };
}

const sameJson = (_key: string, a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** `minio:index/s3Bucket:S3Bucket` is an `S3Bucket`. */
export const lastWord = (type: string): string => type.split(":").at(-1) ?? "";
