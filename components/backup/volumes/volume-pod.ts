import type { Mirror } from "../../images/mirror.ts";
import { besidePods, onNode } from "../../kubernetes/affinity.ts";
import { backupPod, UID } from "../pod.ts";
import type { BackupPlan } from "../plan.ts";
import { INSTANCE, type Volume } from "./volume.ts";

const MOUNT = { name: "volume", mountPath: "/volume" };

/** Four files of 8 MiB at once, parts of a large one, and 48 bytes for each content that the bucket has. */
const MEMORY = "768Mi";

/** Value of {@link INSTANCE} of the pods here: another than that of the server's own, whose Service must not lead to them. */
const instanceOf = ({ name }: Volume) => `backup-${name}`;

/** Labels that its affinity asks of the pod itself. */
export const volumeLabels = (volume: Volume): Record<string, string> =>
  volume.besideInstance === undefined ? {} : { [INSTANCE]: instanceOf(volume) };

/** Spec of a pod that reads a volume: it may not write into it. {@link writing} is for what may. */
export function volumePod(volume: Volume, plan: Pick<BackupPlan, "image">, mirror: Mirror | undefined) {
  const pod = backupPod({ plan, mirror, command: "volumes", memory: MEMORY });
  return {
    ...pod,
    ...affinityOf(volume),
    containers: pod.containers.map((container) => ({
      ...container,
      env: [...container.env, { name: "VOLUME", value: volume.name }, { name: "VOLUME_AT", value: MOUNT.mountPath }],
      // Not of the claim: a volume that is attached for reading alone would be so for the server too.
      volumeMounts: [...container.volumeMounts, { ...MOUNT, readOnly: true }],
    })),
    volumes: [...pod.volumes, { name: MOUNT.name, persistentVolumeClaim: { claimName: volume.claim } }],
  };
}

function affinityOf(volume: Volume) {
  const { node, besideInstance } = volume;
  if (node !== undefined) return { affinity: onNode(node) };
  if (besideInstance !== undefined) return { affinity: besidePods(INSTANCE, [besideInstance, instanceOf(volume)]) };
  return {};
}

/** As much of a pod's spec as is changed for a restore. */
interface ReadingPod {
  securityContext?: object;
  containers: { volumeMounts?: { name: string; readOnly?: boolean }[] }[];
}

/**
 * Lets a pod write into its volume. Where the server's files are another user's, the group of the pod gets at them, on volumes whose driver does
 * that. (kubernetes.io: Configure a Security Context, fsGroup)
 */
export function writing(pod: ReadingPod): void {
  pod.securityContext = { ...pod.securityContext, fsGroup: UID, fsGroupChangePolicy: "OnRootMismatch" };
  for (const { volumeMounts = [] } of pod.containers)
    for (const mount of volumeMounts) if (mount.name === MOUNT.name) mount.readOnly = false;
}
