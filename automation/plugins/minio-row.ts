import type { PluginStandIn } from "./install.ts";

/** The plugin of @pulumi/minio, which no package registry has. */
export const MINIO_PLUGIN: PluginStandIn = {
  name: "minio",
  version: "0.17.1",
  note: "ours, with the faults of the real one; what it makes is real, in a real MinIO",
};
