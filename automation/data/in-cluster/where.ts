import { kubeConfig } from "../../../components/kubernetes/kube-config.ts";
import { namespacesOf } from "../../../components/lab/namespaces.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { DataLab } from "../connect/lab.ts";
import { WorkCluster } from "./cluster.ts";
import type { Claimed } from "./work.ts";

/** In the namespace of a claim that is read, else in the lab's first. */
export async function clusterOf({ plan }: DataLab, claim: Claimed | undefined): Promise<WorkCluster> {
  const names = namespacesOf(plan.lab);
  const [first] = names;
  if (first === undefined)
    throw new UserError("--in-cluster has no namespace to run in: this stack installs neither CVAT nor ClearML.", {
      exitCode: 2,
    });
  const config = await kubeConfig(plan.lab.cluster);
  const clusters = names.map((name) => new WorkCluster(config, name));
  if (claim === undefined) return clusters[0] ?? new WorkCluster(config, first);
  const found: WorkCluster[] = [];
  for (const cluster of clusters) if ((await cluster.claim(claim.name)) !== undefined) found.push(cluster);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const where = only === undefined ? `has no claim ${claim.name}` : `has more than one claim ${claim.name}`;
  throw new UserError(`The lab ${where} in its namespaces (${names.join(", ")}).`, { exitCode: 2 });
}
