import type { KubeConfig } from "@kubernetes/client-node";
import { apiServer, Unreached, type ApiAnswer, type Send } from "./api-server.ts";

export interface ServiceName {
  namespace: string;
  service: string;
  port: number;
}

/**
 * Reaches a Service through the API server's proxy, with the rights of the kubeconfig: the Service needs no address, and nobody else gets
 * to it. What the API server says itself (no such Service, no pod behind it, forbidden) is thrown as `Unreached`.
 * @param ends breaks requests off, which then throw its reason. Default: nothing does.
 */
export function serviceProxy(config: KubeConfig, { namespace, service, port }: ServiceName, ends?: AbortSignal): Send {
  const send = apiServer(config, ends);
  return async (request) => {
    const path = `/api/v1/namespaces/${namespace}/services/${service}:${port}/proxy${request.path}`;
    const answer = await send({ ...request, path });
    const own = ownWords(answer);
    if (own !== undefined) throw new Unreached(own, answer);
    return answer;
  };
}

/** What the API server itself says: a Status object, or a line of text where it could not connect. */
function ownWords({ status, text }: ApiAnswer): string | undefined {
  if (status < 400) return undefined;
  if (/^error trying to reach service/.test(text)) return text.trim();
  try {
    const body = JSON.parse(text) as { kind?: string; apiVersion?: string; message?: string };
    return body.kind === "Status" && body.apiVersion === "v1" ? (body.message ?? `status ${status}`) : undefined;
  } catch {
    return undefined;
  }
}
