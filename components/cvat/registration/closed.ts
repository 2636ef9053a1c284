import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../../cluster.ts";
import { UserError } from "../../errors.ts";
import { ResourceError } from "../../program-errors.ts";
import { proveClosed } from "./prove.ts";
import { SETTINGS_CONFIG_MAP, SETTINGS_FILE, SETTINGS_TEXT } from "./settings.ts";
import { direct, throughEdge } from "./ways.ts";

/** The settings that close registration, for the server to mount. */
export function registrationSettings(
  name: string,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  const metadata = { name: SETTINGS_CONFIG_MAP, namespace };
  return new k8s.core.v1.ConfigMap(`${name}-settings`, { metadata, data: { [SETTINGS_FILE]: SETTINGS_TEXT } }, opts);
}

export interface ProofArgs {
  /** Where this machine reaches CVAT. */
  endpoint: pulumi.Input<string>;
  /** Namespace of CVAT, once it runs. */
  namespace: pulumi.Input<string>;
  access: ClusterAccess;
}

/** Resolves when CVAT was asked; at preview at once. Fails the run when CVAT is open, and warns of what nobody can tell. */
export function registrationProof(
  { endpoint, namespace, access }: ProofArgs,
  cvat: pulumi.Resource,
): pulumi.Output<void> {
  return pulumi.all([endpoint, namespace]).apply(async ([at, where]) => {
    if (pulumi.runtime.isDryRun()) return;
    const ways = {
      edge: { name: `through ${at}`, send: throughEdge(at) },
      direct: { name: "at its Service, by the API server", send: await direct(access, where) },
    };
    try {
      for (const text of await proveClosed(ways)) void pulumi.log.warn(text, cvat);
    } catch (error) {
      throw error instanceof UserError ? new ResourceError(error.message, cvat) : error;
    }
  });
}
