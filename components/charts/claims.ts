import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StatefulSetClaim } from "../readiness/expectation.ts";

/**
 * Grows the claims that the pods of StatefulSets made. Their templates cannot change, so a new size reaches the claims one by one.
 * The claims belong to the StatefulSet's controller: destroy leaves them as they are.
 */
export function growClaims(
  name: string,
  claims: readonly StatefulSetClaim[],
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): void {
  for (const claim of claims) {
    new k8s.core.v1.PersistentVolumeClaimPatch(
      `${name}-${claim.name}`,
      {
        metadata: {
          name: claim.name,
          namespace,
          annotations: { "pulumi.com/patchForce": "true", "pulumi.com/skipAwait": "true" },
        },
        spec: { resources: { requests: { storage: claim.size } } },
      },
      { ...opts, retainOnDelete: true },
    );
  }
}
