import type { Bucket } from "../../data/store/objects.ts";
import { wholeOf } from "../../data/store/whole.ts";

/** A JSON object of a bucket; undefined where there is none, or what is there is none. */
export async function jsonOf<T>(bucket: Pick<Bucket, "stat" | "range">, key: string): Promise<T | undefined> {
  const text = await wholeOf(bucket, key);
  try {
    return text === undefined ? undefined : (JSON.parse(text.toString()) as T);
  } catch {
    return undefined;
  }
}
