import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { AUTHORITY_KEY, authorityName } from "./authority.ts";

/** The certificates in a namespace, for pods that reach the store. They are no secret. */
export function authorityMap(
  name: string,
  certificates: string,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  return new k8s.core.v1.ConfigMap(
    `${name}-object-store-ca`,
    { metadata: { name: authorityName(certificates), namespace }, data: { [AUTHORITY_KEY]: certificates } },
    opts,
  );
}
