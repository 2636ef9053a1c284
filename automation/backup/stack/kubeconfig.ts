import { readFile } from "node:fs/promises";
import type { ClusterAccess } from "../../../components/kubernetes/cluster.ts";
import { kubeConfig } from "../../../components/kubernetes/kube-config.ts";
import { UserError } from "../../../components/program/errors.ts";

/**
 * The kubeconfig of the lab's cluster by itself: of the context that the stack uses alone, with what stands in files of its own.
 * @throws UserError where it names no cluster, or a file that cannot be read
 */
export async function wholeKubeconfig(access: ClusterAccess): Promise<{ text: string; server: string }> {
  const config = await kubeConfig(access);
  const [context, cluster, user] = [
    config.getContextObject(config.getCurrentContext()),
    config.getCurrentCluster(),
    config.getCurrentUser(),
  ];
  if (!context || !cluster)
    throw new UserError("vision-platform:cluster.kubeconfig: it names no cluster in its context.");
  config.loadFromOptions({
    contexts: [context],
    currentContext: context.name,
    clusters: [await withData(cluster, [["caFile", "caData"]])],
    users: user
      ? [
          await withData(user, [
            ["certFile", "certData"],
            ["keyFile", "keyData"],
          ]),
        ]
      : [],
  });
  return { text: config.exportConfig(), server: cluster.server };
}

/** An entry with what its files hold in the place of their names. */
async function withData<T extends object>(one: T, files: readonly (readonly [keyof T, keyof T])[]): Promise<T> {
  const whole = { ...one };
  for (const [file, data] of files) {
    const name = whole[file];
    if (typeof name !== "string" || name === "") continue;
    const content = await readFile(name).catch((error: unknown) => {
      throw new UserError(
        `vision-platform:cluster.kubeconfig names ${name}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`,
      );
    });
    Reflect.deleteProperty(whole, file);
    Object.assign(whole, { [data]: content.toString("base64") });
  }
  return whole;
}
