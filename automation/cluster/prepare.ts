import * as pulumi from "@pulumi/pulumi";
import { apiServer, Unreached, type Send } from "../../components/kubernetes/api-server.ts";
import type { PreparedCluster } from "../../components/kubernetes/cluster.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";
import { namespacesIn } from "../../components/preflight/notebooks.ts";
import { seenIn } from "../../components/preflight/seen.ts";
import { claimsOfOtherClass } from "../../components/preflight/storage-class.ts";
import type { KnownCluster } from "../../components/preflight/state.ts";
import { removeUnbound } from "./claims.ts";
import { takeOverOldNames, underOldNames } from "./field-managers.ts";

/**
 * Makes ready in the cluster what the run needs before it registers anything, once every look has found nothing against it. A preview
 * changes nothing, and is told what `up` would have changed. A cluster that does not answer is left to the engine.
 */
export async function prepareCluster(
  plan: Plan,
  known: KnownCluster,
  facts: ClusterFacts | undefined,
  send?: Send,
): Promise<PreparedCluster> {
  const unbound = facts === undefined ? [] : claimsOfOtherClass(facts, plan).filter(({ bound }) => !bound);
  const madeAgain = new Set(
    unbound.flatMap(({ name, statefulSet }) => [
      `PersistentVolumeClaim/${name}`,
      ...(statefulSet === undefined ? [] : [`StatefulSet/${statefulSet}`]),
    ]),
  );
  // What was known stays where it cannot be read.
  const uid = facts?.uid ?? known.uid;
  const namespaces = facts && namespacesIn(facts);
  const seen = facts && seenIn(facts);
  const found = { madeAgain, uid, ...(namespaces && { namespaces }), ...(seen && { seen }) };
  if (pulumi.runtime.isDryRun()) {
    return { ...found, inPlaceOfOld: new Set(underOldNames(known).map(({ resource }) => resource)) };
  }
  try {
    const ask = send ?? apiServer(await kubeConfig(plan.lab.cluster));
    await takeOverOldNames(plan.lab, known, ask);
    await removeUnbound(unbound, ask);
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
  }
  return { ...found, inPlaceOfOld: new Set() };
}
