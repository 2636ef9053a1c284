/** What a StorageClass can. */
export interface StorageClassTraits {
  /** Who makes its volumes: a CSI driver, or, with a slash in its name, a program that makes folders. */
  provisioner: string;
  /** Whether pods of several nodes may share a volume. */
  readWriteMany: boolean;
  /** Whether a claim may grow. */
  growing: boolean;
  /** Whether a volume is made for the first pod that wants it, and on its node, instead of at once. Default: at once. */
  waitsForPod?: true;
}

/** StorageClasses by the name that their own chart or manifest gives them. */
export const KNOWN_STORAGE_CLASSES: Readonly<Record<string, StorageClassTraits>> = {
  // longhorn: chart/templates/storageclass.yaml; docs, ReadWriteMany (RWX) Volume
  longhorn: { provisioner: "driver.longhorn.io", readWriteMany: true, growing: true },
  // k3s: manifests/local-storage.yaml; local-path-provisioner: provisioner.go, provisionFor
  "local-path": { provisioner: "rancher.io/local-path", readWriteMany: false, growing: false, waitsForPod: true },
  // openebs/dynamic-localpv-provisioner: deploy/helm/charts/values.yaml, hostpathClass
  "openebs-hostpath": { provisioner: "openebs.io/local", readWriteMany: false, growing: false, waitsForPod: true },
  // rook: deploy/charts/rook-ceph-cluster/values.yaml, cephBlockPools and cephFileSystems
  "ceph-block": { provisioner: "rook-ceph.rbd.csi.ceph.com", readWriteMany: false, growing: true },
  "ceph-filesystem": { provisioner: "rook-ceph.cephfs.csi.ceph.com", readWriteMany: true, growing: true },
  // csi-driver-nfs: deploy/storageclass.yaml
  "nfs-csi": { provisioner: "nfs.csi.k8s.io", readWriteMany: true, growing: true },
  // nfs-subdir-external-provisioner: README, "Storage resize/expansion operations are not presently supported in any form"
  "nfs-client": {
    provisioner: "cluster.local/nfs-subdir-external-provisioner",
    readWriteMany: true,
    growing: false,
  },
};
