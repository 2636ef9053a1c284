import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../kubernetes/cluster.ts";
import { OwnResource } from "../records/resource.ts";

export interface ReadersArgs {
  cluster: Cluster;
  namespace: pulumi.Input<string>;
  /** What stands in each Secret, by its name. */
  texts: Readonly<Record<string, pulumi.Input<string>>>;
  /** Workloads whose password it is: they start anew first. */
  stores?: readonly string[];
}

/**
 * Has the pods that read Secrets start anew when what stands there changes: a pod reads its environment once. The digest stays in the
 * state, encrypted; the pods' templates, which anybody in the namespace reads, get the time alone.
 * @param opts `dependsOn` the Secrets
 */
export function restartedReaders(
  name: string,
  { cluster, namespace, texts, stores = [] }: ReadersArgs,
  opts: pulumi.CustomResourceOptions,
): OwnResource {
  const digests = pulumi.secret(
    pulumi
      .output(texts)
      .apply((all) => Object.fromEntries(Object.entries(all).map(([secret, text]) => [secret, digest(text)]))),
  );
  return new OwnResource(
    name,
    "secrets:Restart",
    { connection: placeOf(cluster, namespace), digests, stores, timeoutMs: cluster.readyTimeoutMs },
    [],
    opts,
  );
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex");
