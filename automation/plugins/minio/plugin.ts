import type { Plugin } from "../../../provider/protocol/plugin.ts";
import { lastWord } from "../compare.ts";
import { MINIO_PLUGIN } from "../minio-row.ts";
import { bucketKinds } from "./buckets.ts";
import { storeOf, type Store } from "./store.ts";
import { userKinds } from "./users.ts";

/** @param folder of the stack, to which the paths in its configuration are relative */
export function minioPlugin(folder: string): Plugin {
  let configured: Store | undefined;
  const store = (): Store => {
    if (configured === undefined) throw new Error("The plugin for MinIO is not configured.");
    return configured;
  };
  const kinds = { ...bucketKinds(store), ...userKinds(store) };
  return {
    packages: [MINIO_PLUGIN.name],
    version: MINIO_PLUGIN.version,
    configure(config) {
      configured = storeOf(config, folder);
    },
    kindOf: (type) => kinds[lastWord(type)],
  };
}
