import { COPY_MANAGER } from "../../components/cvat/certificate/copied.ts";
import type { Owner } from "./by-managers.ts";

/** One place in which an object is not as it was, for a row to look at. */
export interface Place {
  /** `kubernetes:apps/v1:Deployment`. */
  type: string;
  /** As a person reads it: `metadata.annotations["deployment.kubernetes.io/revision"]`. */
  path: string;
  how: "added" | "changed" | "removed";
  /** Who holds the field now; nobody where it is gone, and where the API server filled it in. */
  owners: readonly Owner[];
  /** Whether we had set it. */
  wasOurs: boolean;
}

/** A difference that is nobody's doing: it is counted, and not shown. */
export interface NoiseRow {
  id: string;
  matches: (place: Place) => boolean;
  why: string;
  source: string;
}

const CONTROLLERS =
  /^(kube-controller-manager|kube-scheduler|kubelet|k3s|k3s-supervisor@.*|kwok|kwok-controller|cloud-controller-manager|controller|speaker|metallb-.*|longhorn-.*|csi-.*)$/;

const byController = ({ owners }: Place) =>
  owners.length > 0 && owners.every(({ manager }) => CONTROLLERS.test(manager));
const annotation =
  (name: RegExp) =>
  ({ path }: Place) => {
    const [, found] = /(?:^|\.)annotations\["((?:[^"\\]|\\.)*)"\]$/.exec(path) ?? [];
    return found !== undefined && name.test(found);
  };

/** What differs from the last `up` in every lab, and why it is no drift. The first that matches counts. */
export const NOISE: readonly NoiseRow[] = [
  {
    id: "another-program",
    matches: ({ type, wasOurs }) => type.endsWith("Patch") && !wasOurs,
    why: "a field of an object that another program made, and of which the lab sets only some: Traefik's Service, a database's claim",
    source: "Pulumi: kubernetes patch resources",
  },
  {
    id: "status",
    matches: ({ path, owners }) =>
      /^status(\.|\[|$)/.test(path) ||
      (owners.length > 0 && owners.every(({ subresource }) => subresource === "status")),
    why: "how a controller says the object is doing",
    source: "Kubernetes API conventions: spec and status",
  },
  {
    id: "bookkeeping",
    matches: ({ path }) =>
      /^metadata\.(resourceVersion|generation|uid|creationTimestamp|deletionGracePeriodSeconds|selfLink|managedFields)\b/.test(
        path,
      ),
    why: "the API server's own counts and marks, which change with each write",
    source: "kubernetes: apimachinery/pkg/apis/meta/v1/types.go, ObjectMeta",
  },
  {
    id: "revision",
    matches: annotation(/^(deployment\.kubernetes\.io\/|deprecated\.daemonset\.template\.generation$)/),
    why: "how often a workload's pods were made anew, counted by its controller",
    source: "kubernetes: pkg/controller/deployment/util/deployment_util.go, RevisionAnnotation",
  },
  {
    id: "bound",
    matches: (place) =>
      annotation(/^(pv|volume|volume\.beta)\.kubernetes\.io\//)(place) ||
      (/:(PersistentVolumeClaim|PersistentVolumeClaimPatch)$/.test(place.type) &&
        /^spec\.(volumeName|storageClassName|volumeMode)$/.test(place.path) &&
        !place.wasOurs),
    why: "a claim that got its volume",
    source: "kubernetes: pkg/controller/volume/persistentvolume/pv_controller.go",
  },
  {
    id: "addresses",
    matches: (place) =>
      annotation(/^(metallb\.(universe\.tf|io)\/ip-allocated-from-pool)$/)(place) ||
      (/:Service(Patch)?$/.test(place.type) &&
        /^spec\.(clusterIPs?|ports\[[^\]]*\]\.nodePort|healthCheckNodePort|ipFamilies|ipFamilyPolicy)\b/.test(
          place.path,
        ) &&
        place.owners.every(({ manager }) => CONTROLLERS.test(manager)) &&
        !place.wasOurs),
    why: "addresses and ports of a Service, which the cluster gives out",
    source: "kubernetes: pkg/registry/core/service/storage/alloc.go; MetalLB: controller/service.go",
  },
  {
    id: "finalizers",
    matches: ({ path, type }) =>
      (/^metadata\.finalizers\b/.test(path) && /:(Service|PersistentVolumeClaim|Namespace)(Patch)?$/.test(type)) ||
      /^spec\.finalizers$/.test(path),
    why: "marks by which the cluster takes its own leave of an object first",
    source: "kubernetes: pkg/controller/volume/pvcprotection; cloud-provider: service/helpers",
  },
  {
    id: "restarted",
    matches: annotation(/^kubectl\.kubernetes\.io\/restartedAt$/),
    why: "a restart by hand (kubectl rollout restart): to take the mark away would restart once more",
    source: "kubernetes: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/objectrestarter.go",
  },
  {
    id: "job",
    matches: ({ path, type, wasOurs }) =>
      /:Job$/.test(type) &&
      !wasOurs &&
      /^(spec\.(selector|template\.metadata\.labels|suspend)|metadata\.(labels|annotations))\b/.test(path) &&
      /controller-uid|job-name|batch\.kubernetes\.io|selector|suspend/.test(path),
    why: "what the Job controller writes on a Job to know its pods",
    source: "kubernetes: pkg/registry/batch/job/strategy.go, generateSelector",
  },
  {
    id: "service-account",
    matches: ({ path, type, wasOurs }) => /:ServiceAccount$/.test(type) && /^secrets\b/.test(path) && !wasOurs,
    why: "tokens of a service account, which a controller makes",
    source: "kubernetes: pkg/controller/serviceaccount/tokens_controller.go",
  },
  {
    id: "certificate-copy",
    matches: ({ type, path, owners, wasOurs }) =>
      /:Secret$/.test(type) &&
      /^data\b/.test(path) &&
      !wasOurs &&
      owners.length > 0 &&
      owners.every(({ manager }) => manager === COPY_MANAGER),
    why: "CVAT's certificate, which a CronJob of the lab's copies and renews",
    source: "components/cvat/certificate/copy.py",
  },
  {
    id: "ca-bundle",
    matches: (place) => /caBundle$/.test(place.path) && byController(place),
    why: "a certificate that its own controller writes where the API server reads it",
    source: "kubernetes: admissionregistration/v1, WebhookClientConfig.caBundle",
  },
  {
    id: "namespace-name",
    matches: ({ path }) => path === 'metadata.labels["kubernetes.io/metadata.name"]',
    why: "the name of a namespace as a label, which the API server keeps there",
    source: "kubernetes: pkg/registry/core/namespace/strategy.go",
  },
  {
    id: "controllers",
    matches: (place) => byController(place) && place.how === "added" && !place.wasOurs,
    why: "a note that a controller of the cluster keeps on the object",
    source: "Kubernetes: server-side apply, metadata.managedFields",
  },
  {
    id: "defaults",
    matches: ({ how, owners, wasOurs }) => owners.length === 0 && how !== "removed" && !wasOurs,
    why: "filled in by the API server: nobody set it, so nobody holds it",
    source: "Kubernetes: server-side apply, defaulted fields have no manager",
  },
  {
    id: "taken-back",
    matches: ({ how, wasOurs }) => how === "removed" && !wasOurs,
    why: "something that the last up had not set is no longer there",
    source: "Kubernetes: server-side apply, metadata.managedFields",
  },
];

export const noiseOf = (place: Place): NoiseRow | undefined => NOISE.find(({ matches }) => matches(place));
