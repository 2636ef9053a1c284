import * as pulumi from "@pulumi/pulumi";
import { Unreached } from "../../components/kubernetes/api-server.ts";
import type { ChartRange } from "../../components/charts/kubernetes.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { chartsTakeTheCluster } from "../../components/preflight/charts.ts";
import { CLUSTER_CHECKS } from "../../components/preflight/checks.ts";
import type { Finding } from "../../components/preflight/check.ts";
import { asksForDevices } from "../../components/preflight/devices/asked.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";
import { namespacesTakeOurLabels } from "../../components/preflight/namespace-labels.ts";
import { clusterIsTheSame } from "../../components/preflight/same-cluster.ts";
import type { KnownCluster } from "../../components/preflight/state.ts";
import { gatewayOf } from "../../components/preflight/gateway.ts";
import { serviceSecretsOf } from "../../components/preflight/service-secrets.ts";
import { tlsSecretsOf } from "../../components/preflight/tls-secret.ts";
import { problemList } from "../../components/schema/problems.ts";
import { RunError } from "../../components/program/run-errors.ts";
import { notLookedAt, storeIsBounded } from "../../components/preflight/stores.ts";
import { lookAtCluster } from "./look.ts";
import { lookAtStores } from "./stores.ts";

/**
 * Looks at the cluster before the program registers anything, and gives what it saw. A cluster that does not answer is left to the engine,
 * which needs it for a preview already and says so. Warnings are the run's.
 * @param charts those that the lab installs, which may not be here yet
 * @throws RunError with every refusal at once, in a preview too
 */
export async function preflight(
  plan: Plan,
  known: KnownCluster,
  charts: Promise<readonly ChartRange[]>,
): Promise<ClusterFacts | undefined> {
  const { lab } = plan;
  const wanted = {
    tlsSecrets: tlsSecretsOf(lab),
    serviceSecrets: serviceSecretsOf(lab),
    pods: asksForDevices(plan),
    gateways: gatewayOf(plan) !== undefined,
  };
  const looked = lookAtCluster(lab.cluster, wanted).catch((error: unknown) => {
    if (error instanceof Unreached) return undefined;
    throw error;
  });
  const [look, ranges] = await Promise.all([looked, charts]);
  if (look === undefined) return undefined;
  const { facts, unread } = look;
  const stores = await lookAtStores(lab, facts.serviceSecrets);
  for (const text of stores.flatMap(notLookedAt)) await pulumi.log.info(text);
  const lost = clusterIsTheSame(facts, lab, known);
  // Of a cluster that is not the lab's, nothing more is worth saying.
  const findings =
    lost.length > 0
      ? lost
      : [
          ...chartsTakeTheCluster(facts, ranges),
          ...CLUSTER_CHECKS.flatMap((check) => check(facts, plan)),
          ...namespacesTakeOurLabels(facts, lab, known),
          ...stores.flatMap(storeIsBounded),
        ];
  if (unread.length > 0) {
    findings.push({
      severity: "warning",
      path: "vision-platform:cluster.kubeconfig",
      message: `Its user may not list ${unread.join(", ")}, so what needs them was not checked.`,
    });
  }
  for (const { path, message } of findings.filter(isWarning)) await pulumi.log.warn(`${path}: ${message}`);
  const refusals = findings.filter((finding) => !isWarning(finding));
  if (refusals.length > 0) {
    const title = `The cluster does not fit stack ${pulumi.getStack()}, and nothing was changed:`;
    throw new RunError(problemList(title, refusals).join("\n"));
  }
  return facts;
}

const isWarning = ({ severity }: Finding) => severity === "warning";
