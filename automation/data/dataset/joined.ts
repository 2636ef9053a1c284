import type { ObjectInfo } from "../store/objects.ts";
import { byBytes } from "./order.ts";
import type { LocalFile } from "./walk.ts";

/** A name on both sides, or on one. */
export interface Pair {
  /** Below the folder and below the prefix. */
  path: string;
  local?: LocalFile;
  remote?: ObjectInfo;
}

/** Files of a folder beside objects below a prefix, both in the order of their keys. Nothing is held but the two that are compared. */
export async function* joined(
  local: AsyncIterable<LocalFile>,
  remote: AsyncIterable<ObjectInfo>,
  prefix: string,
): AsyncGenerator<Pair, void> {
  const files = local[Symbol.asyncIterator]();
  const objects = remote[Symbol.asyncIterator]();
  let [file, object] = await Promise.all([files.next(), objects.next()]);
  try {
    for (;;) {
      const local = file.done === true ? undefined : file.value;
      const remote = object.done === true ? undefined : object.value;
      const path = remote?.key.slice(prefix.length) ?? "";
      if (local !== undefined && (remote === undefined || byBytes(local.path, path) < 0)) {
        yield { path: local.path, local };
        file = await files.next();
      } else if (remote !== undefined && (local === undefined || byBytes(local.path, path) > 0)) {
        yield { path, remote };
        object = await objects.next();
      } else if (local !== undefined && remote !== undefined) {
        yield { path, local, remote };
        [file, object] = await Promise.all([files.next(), objects.next()]);
      } else return;
    }
  } finally {
    await Promise.all([files.return?.(), objects.return?.()]);
  }
}
