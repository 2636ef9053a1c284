import { bucketKinds } from "./minio/buckets.ts";
import { storeOf, type Store } from "./minio/store.ts";
import { userKinds } from "./minio/users.ts";
import { servePlugin } from "./serve.ts";
import { MINIO_PLUGIN } from "./minio-row.ts";

let configured: Store | undefined;

const store = (): Store => {
  if (configured === undefined) throw new Error("The plugin for MinIO is not configured.");
  return configured;
};

servePlugin({
  version: MINIO_PLUGIN.version,
  configure(config) {
    configured = storeOf(config);
  },
  kinds: { ...bucketKinds(store), ...userKinds(store) },
});
