import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";

const LOOK_AGAIN_MS = 20;

/**
 * The kubeconfig that kwokctl is about to write, once it is whole. The file is there before anything is in it (2 ms on a quiet machine, measured
 * with kwokctl 0.8.0): who read it then ended, and no Service of that cluster ever got an address.
 * @returns undefined when the folder it belongs to is gone
 */
export async function wholeKubeConfig(file: string): Promise<KubeConfig | undefined> {
  while (existsSync(path.dirname(file))) {
    const found = read(file);
    if (found?.getCurrentCluster() && found.getCurrentUser()) return found;
    await pause(LOOK_AGAIN_MS);
  }
  return undefined;
}

function read(file: string): KubeConfig | undefined {
  const kubeconfig = new KubeConfig();
  try {
    kubeconfig.loadFromFile(file);
    return kubeconfig;
  } catch {
    return undefined; // Not there yet, or half of it.
  }
}
