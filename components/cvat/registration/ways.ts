import type { ClusterAccess } from "../../kubernetes/cluster.ts";
import { kubeConfig } from "../../kubernetes/kube-config.ts";
import { serviceProxy } from "../../kubernetes/service-proxy.ts";
import { call } from "../../rest/call.ts";
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
  const sent = { method: "POST", headers: { Accept: ACCEPT }, limitMs: ANSWER_MS, signal: ends };
  return (path) => call(`${endpoint.replace(/\/+$/, "")}${path}`, sent);
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
