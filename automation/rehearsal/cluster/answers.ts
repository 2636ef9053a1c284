import { connect } from "node:net";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { until } from "../../../components/rest/until.ts";

const LOOK_AGAIN_MS = 25;

/**
 * Waits until the API server on loopback answers for what it holds.
 * @param isOver whether there is nothing to wait for any more
 * @returns whether it does
 */
export async function untilAnswering(
  kubeconfig: string,
  { withinMs, isOver }: { withinMs: number; isOver: () => boolean },
): Promise<boolean> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const port = Number(new URL(config.getCurrentCluster()?.server ?? "").port);
  const holds = () =>
    core.readNamespace({ name: "kube-system" }).then(
      () => true,
      () => false,
    );
  // Each look by TLS takes 6 ms of CPU, which the API server needs to start.
  return until(async () => (await listens(port)) && (await holds()), {
    isDone: (found) => found || isOver(),
    everyMs: LOOK_AGAIN_MS,
    withinMs,
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
