import type { V1Pod } from "@kubernetes/client-node";

/** Whether a pod has a claim among its volumes. */
export function mountsClaim({ spec }: V1Pod, claim: string): boolean {
  return spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim) ?? false;
}
