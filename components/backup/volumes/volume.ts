import { RELEASE as CLEARML, SERVICES } from "../../clearml/names.ts";
import type { ClearmlConfig } from "../../clearml/clearml-config.ts";
import type { CvatConfig } from "../../cvat/cvat-config.ts";
import { CHART_OBJECTS } from "../../cvat/names.ts";
import { isMap } from "../../program/maps.ts";

/** Volumes that are backed up, by what a person calls them. */
export const VOLUMES = ["cvat-data", "clearml-files"] as const;
export type VolumeName = (typeof VOLUMES)[number];

/** A volume of the lab, and how a pod gets at it. */
export interface Volume {
  name: VolumeName;
  /** As a person knows it. */
  title: string;
  namespace: string;
  claim: string;
  /** Folders that are left out, from the volume's root on; `*` is one name. */
  leavesOut: readonly string[];
  /** Node that all who use it are kept on. */
  node?: string | undefined;
  /** Value of {@link INSTANCE} of the pods that use it, where it is attached to one node at a time. */
  besideInstance?: string;
}

/** Label by which the pods of a server are known. */
export const INSTANCE = "app.kubernetes.io/instance";

/**
 * What CVAT makes again, what nobody needs, and the key by which sessions are signed, which would lie open in the bucket: without it people sign
 * in again. (cvat: settings/base.py, CACHE_ROOT, TMP_FILES_ROOT, LOGS_ROOT, generate_secret_key; cleanuplegacyexportcache.py; the chart mounts
 * data, keys, logs and tmp_storage out of one claim: facts/cvat.md, 1.3)
 */
const OF_CVAT_LEFT_OUT = [
  "data/cache",
  "data/tmp",
  "data/jobs/*/export_cache",
  "data/tasks/*/export_cache",
  "data/projects/*/export_cache",
  "keys",
  "logs",
  "tmp_storage",
];

/** Of the file system, not of who uses it. (mke2fs) */
const LOST_AND_FOUND = "lost+found";

/** The volumes that the lab has. */
export function volumesOf({ cvat, clearml }: { cvat: CvatConfig; clearml: ClearmlConfig }): Volume[] {
  return [...(cvat.enabled ? [ofCvat(cvat)] : []), ...(clearml.enabled ? [ofClearml(clearml)] : [])];
}

function ofCvat({ namespace, data }: CvatConfig): Volume {
  return {
    name: "cvat-data",
    title: "CVAT's data",
    namespace,
    claim: CHART_OBJECTS.dataClaim,
    leavesOut: [LOST_AND_FOUND, ...OF_CVAT_LEFT_OUT],
    // One that is attached to a single node has a node named. (components/cvat/rules.ts)
    node: data.node,
  };
}

/** The chart's claim is ReadWriteOnce, and a stack's `values` may name another claim, or another mode. (clearml.md 1.2) */
function ofClearml({ namespace, values }: ClearmlConfig): Volume {
  const data = ["fileserver", "storage", "data"].reduce<unknown>(
    (at, key) => (isMap(at) ? at[key] : undefined),
    values,
  );
  const { existingPVC, accessMode } = isMap(data) ? data : {};
  return {
    name: "clearml-files",
    title: "ClearML's files",
    namespace,
    claim: typeof existingPVC === "string" && existingPVC !== "" ? existingPVC : `${CLEARML}-fileserver-data`,
    leavesOut: [LOST_AND_FOUND],
    ...(accessMode !== "ReadWriteMany" && { besideInstance: SERVICES.files }),
  };
}
