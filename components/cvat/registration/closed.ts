import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../../kubernetes/cluster.ts";
import { OwnResource } from "../../records/resource.ts";
import { SETTINGS_CONFIG_MAP, settingsFiles, type ServerSettings } from "./settings.ts";

/** The settings that close registration, and what is said there beside it, for the server to mount. */
export function registrationSettings(
  name: string,
  settings: ServerSettings,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  const metadata = { name: SETTINGS_CONFIG_MAP, namespace };
  return new k8s.core.v1.ConfigMap(`${name}-settings`, { metadata, data: settingsFiles(settings) }, opts);
}

export interface ProofArgs {
  /** Where this machine reaches CVAT. */
  endpoint: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  cluster: Cluster;
}

/**
 * Asks CVAT, when it runs and in each `up` from then on. Fails when CVAT is open, and warns of what nobody can tell.
 * @param opts `dependsOn` what makes CVAT run
 */
export function registrationProof(
  name: string,
  { endpoint, namespace, cluster }: ProofArgs,
  opts: pulumi.CustomResourceOptions,
): OwnResource {
  const inputs = { endpoint, connection: placeOf(cluster, namespace) };
  return new OwnResource(`${name}-registration-proof`, "cvat:RegistrationProof", inputs, ["closed"], opts);
}
