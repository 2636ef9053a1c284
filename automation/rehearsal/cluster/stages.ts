import { readFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments, stringify } from "yaml";

/** Annotation on a pod or claim that makes it fail: `ImagePullBackOff`, `CrashLoopBackOff` or `Error`. */
export const FAIL_ANNOTATION = "rehearsal.vision-platform/fail";

/** The volume of a claim. Longhorn's, so that what is read from it at home can be read from it here. */
const VOLUME_OF_CLAIM = `\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-{{ .metadata.uid }}
  annotations: { pv.kubernetes.io/provisioned-by: driver.longhorn.io }
spec:
  accessModes:
  {{ YAML .spec.accessModes 1 }}
  capacity: { storage: {{ .spec.resources.requests.storage | Quote }} }
  persistentVolumeReclaimPolicy: Delete
  storageClassName: {{ .spec.storageClassName | Quote }}
  volumeMode: {{ or .spec.volumeMode "Filesystem" }}
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    name: {{ .metadata.name | Quote }}
    namespace: {{ .metadata.namespace | Quote }}
    uid: {{ .metadata.uid | Quote }}
  csi: { driver: driver.longhorn.io, fsType: ext4, volumeHandle: pvc-{{ .metadata.uid }} }
`;

/**
 * The Stages of a rehearsal, as one YAML text.
 * @param unpullable images, or beginnings of their names (`docker.io/bitnami/`), that no pod can pull
 */
export function stages(unpullable: readonly string[] = []): string {
  const text = readFileSync(path.join(import.meta.dirname, "stages.yaml"), "utf8");
  const replaced: unknown = JSON.parse(
    JSON.stringify(parseAllDocuments(text).map((document) => document.toJS() as unknown)),
    (_key, value: unknown): unknown =>
      typeof value === "string"
        ? value
            .replaceAll("UNPULLABLE_IMAGES", imagesBeginningWith(unpullable))
            .replace("VOLUME_OF_CLAIM\n", VOLUME_OF_CLAIM)
        : value,
  );
  return (replaced as unknown[]).map((stage) => stringify(stage, { lineWidth: 0 })).join("---\n");
}

/** A jq expression that gives the images of a pod which begin with one of these. */
function imagesBeginningWith(beginnings: readonly string[]): string {
  if (beginnings.length === 0) return "empty";
  const any = beginnings.map((beginning) => `startswith(${JSON.stringify(beginning)})`).join(" or ");
  return `.spec.initContainers[]?, .spec.containers[]? | .image | select(${any})`;
}
