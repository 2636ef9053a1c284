import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Mirror } from "./mirror.ts";
import { registryCredentials } from "./registry-credentials.ts";

/** The Secret by which a namespace pulls from the mirror; none where anybody may pull, or where it is there already. */
export function pullSecret(
  name: string,
  mirror: Mirror | undefined,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret[] {
  if (mirror?.credentials === undefined || mirror.pullSecret === undefined) return [];
  const { username, password } = mirror.credentials;
  return [
    new k8s.core.v1.Secret(
      `${name}-pull-secret`,
      {
        type: "kubernetes.io/dockerconfigjson",
        metadata: { name: mirror.pullSecret, namespace },
        stringData: { ".dockerconfigjson": registryCredentials(mirror.place, username, password) },
      },
      opts,
    ),
  ];
}
