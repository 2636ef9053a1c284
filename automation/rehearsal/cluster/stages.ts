import { readFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments, stringify } from "yaml";

/** Annotation on a pod or claim that makes it fail: `ImagePullBackOff`, `CrashLoopBackOff` or `Error`. */
export const FAIL_ANNOTATION = "rehearsal.vision-platform/fail";

const PROVISIONER = '.metadata.annotations["volume.kubernetes.io/storage-provisioner"]';

/** jq expressions that stand in a Stage's selector: each gives something for the claims it is named for, and nothing for others. */
const EXPRESSIONS = {
  BY_DRIVER: `${PROVISIONER} // empty | select(contains("/") | not)`,
  BY_FOLDER: `${PROVISIONER} // empty | select(contains("/"))`,
  SHARED_LOCALLY: `select(${PROVISIONER} == "rancher.io/local-path" or ${PROVISIONER} == "openebs.io/local") | .spec.accessModes[] | select(. == "ReadWriteMany")`,
};

/** The volume of a claim, but for where its bytes are. */
const VOLUME = `\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-{{ .metadata.uid }}
  annotations:
    pv.kubernetes.io/provisioned-by: {{ index .metadata.annotations "volume.kubernetes.io/storage-provisioner" | Quote }}
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
`;

const VOLUMES = {
  /** As Longhorn has it, so that what is read from it at home can be read from it here. */
  VOLUME_OF_CLAIM: `${VOLUME}\
  csi:
    driver: {{ index .metadata.annotations "volume.kubernetes.io/storage-provisioner" | Quote }}
    fsType: ext4
    volumeHandle: pvc-{{ .metadata.uid }}
`,
  FOLDER_OF_CLAIM: `${VOLUME}\
{{ $node := index .metadata.annotations "volume.kubernetes.io/selected-node" }}
{{ if $node }}
  hostPath: { path: /var/lib/rancher/k3s/storage/pvc-{{ .metadata.uid }}, type: DirectoryOrCreate }
  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions:
        - { key: kubernetes.io/hostname, operator: In, values: [{{ $node | Quote }}] }
{{ else }}
  nfs: { server: 192.0.2.1, path: /pvc-{{ .metadata.uid }} }
{{ end }}
`,
};

/**
 * The Stages of a rehearsal, as one YAML text.
 * @param unpullable images, or beginnings of their names (`docker.io/bitnami/`), that no pod can pull
 */
export function stages(unpullable: readonly string[] = []): string {
  const text = readFileSync(path.join(import.meta.dirname, "stages.yaml"), "utf8");
  const words = { UNPULLABLE_IMAGES: imagesBeginningWith(unpullable), ...EXPRESSIONS };
  const replaced: unknown = JSON.parse(
    JSON.stringify(parseAllDocuments(text).map((document) => document.toJS() as unknown)),
    (_key, value: unknown): unknown => {
      if (typeof value !== "string") return value;
      const told = Object.entries(words).reduce((now, [word, by]) => now.replaceAll(word, () => by), value);
      return Object.entries(VOLUMES).reduce((now, [word, by]) => now.replace(`${word}\n`, () => by), told);
    },
  );
  return (replaced as unknown[]).map((stage) => stringify(stage, { lineWidth: 0 })).join("---\n");
}

/** A jq expression that gives the images of a pod which begin with one of these. */
function imagesBeginningWith(beginnings: readonly string[]): string {
  if (beginnings.length === 0) return "empty";
  const any = beginnings.map((beginning) => `startswith(${JSON.stringify(beginning)})`).join(" or ");
  return `.spec.initContainers[]?, .spec.containers[]? | .image | select(${any})`;
}
