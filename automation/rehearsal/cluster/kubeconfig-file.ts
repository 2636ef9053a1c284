import { existsSync } from "node:fs";
import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { until } from "../../../components/rest/until.ts";

const LOOK_AGAIN_MS = 20;

/**
 * The kubeconfig that kwokctl is about to write, once it is whole. The file is there before anything is in it (2 ms on a quiet machine, measured
 * with kwokctl 0.8.0): who read it then ended, and no Service of that cluster ever got an address.
 * @returns undefined when the folder it belongs to is gone
 */
export async function wholeKubeConfig(file: string): Promise<KubeConfig | undefined> {
  return until(() => read(file), {
    isDone: (found) => found !== undefined || !existsSync(path.dirname(file)),
    everyMs: LOOK_AGAIN_MS,
  });
}

function read(file: string): KubeConfig | undefined {
  const kubeconfig = new KubeConfig();
  try {
    kubeconfig.loadFromFile(file);
    return kubeconfig.getCurrentCluster() && kubeconfig.getCurrentUser() ? kubeconfig : undefined;
  } catch {
    return undefined; // Not there yet, or half of it.
  }
}
