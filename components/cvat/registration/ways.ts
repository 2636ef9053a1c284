import type { ClusterAccess } from "../../kubernetes/cluster.ts";
import { kubeConfig } from "../../kubernetes/kube-config.ts";
import { limitedTo } from "../../rest/ending.ts";
import { whyNoAnswer } from "../../rest/no-answer.ts";
import { retryAfterMs } from "../../rest/patience.ts";
import { serviceProxy } from "../../kubernetes/service-proxy.ts";
import { ACCEPT } from "../client/exchange.ts";
import { CHART_OBJECTS } from "../names.ts";
import type { Send } from "./ask.ts";

/** An address that nothing answers at is given up after this. */
const ANSWER_MS = 5_000;

/**
 * As people come: through whatever stands before CVAT.
 * @param ends breaks questions off. Default: nothing does.
 */
export function throughEdge(endpoint: string, ends?: AbortSignal): Send {
  return async (path) => {
    const url = `${endpoint.replace(/\/+$/, "")}${path}`;
    const signal = limitedTo(ANSWER_MS, ends);
    try {
      const response = await fetch(url, { method: "POST", headers: { Accept: ACCEPT }, redirect: "manual", signal });
      const text = await response.text();
      const wanted = retryAfterMs(response.headers.get("retry-after"));
      return { status: response.status, text, ...(wanted !== undefined && { retryAfterMs: wanted }) };
    } catch (error) {
      throw new Error(whyNoAnswer(error, ANSWER_MS), { cause: error });
    }
  };
}

/**
 * Past the edge, by the API server's proxy and the rights of the kubeconfig.
 * @param ends breaks questions off. Default: nothing does.
 */
export async function direct(access: ClusterAccess, namespace: string, ends?: AbortSignal): Promise<Send> {
  const { server: service, serverPort: port } = CHART_OBJECTS;
  const send = serviceProxy(await kubeConfig(access), { namespace, service, port }, ends);
  // The API server hands its own name on, which a server with `allowedHosts` does not answer to; to its Service's it does.
  const headers = { Accept: ACCEPT, Host: service };
  return (path) => send({ method: "POST", path, headers, timeoutMs: ANSWER_MS });
}
