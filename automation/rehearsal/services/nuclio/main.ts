import type { IncomingMessage, RequestListener } from "node:http";
import { serveHttp, told } from "../serve.ts";
import { Controller } from "./controller.ts";
import { dashboardApi } from "./dashboard.ts";
import type { Answer } from "./exchange.ts";
import { front } from "./front.ts";
import { handlers, type HandlerSource } from "./handlers.ts";
import { invoker } from "./invoke.ts";
import { Namespace, type Stored } from "./kube.ts";
import { releaseOf } from "./release.ts";

/** What the stand-in is told. */
export interface NuclioStandInConfig {
  /** Path of the rehearsal's kubeconfig. */
  kubeconfig: string;
  /** Namespace of CVAT. */
  namespace: string;
  /** Name of the chart's objects: `cvat-nuclio`. */
  release: string;
  /** Code that answers for functions. */
  handlers: HandlerSource[];
  /** Milliseconds between two looks of the controller's monitor. */
  monitorMs?: number;
  /** Milliseconds until nginx gives up on an answer. Default: 60000. */
  frontTimeoutMs?: number;
}

const { config, folder } = told<NuclioStandInConfig>();
const namespace = new Namespace(config.kubeconfig, config.namespace);
const controller = new Controller(namespace, config);
const api = dashboardApi({
  namespace,
  release: () => releaseOf(namespace, config.release),
  invoker: invoker(namespace, handlers(config.handlers, folder)),
  onChange: () => {
    controller.wake();
  },
});
const answering = front(api, {
  isUp: async () => {
    const own = await namespace.get<Stored & { status?: { availableReplicas?: number } }>(
      "Deployment",
      `${config.release}-dashboard`,
    );
    return (own?.status?.availableReplicas ?? 0) > 0;
  },
  ...(config.frontTimeoutMs !== undefined && { timeoutMs: config.frontTimeoutMs }),
});

const listener: RequestListener = (request, response) => {
  void read(request)
    .then((text) =>
      answering({ method: request.method ?? "GET", path: request.url ?? "/", headers: request.headers, text }),
    )
    .catch((error: unknown): Answer => ({ status: 500, body: { error: String(error) } }))
    .then(({ status, body, contentType = "application/json" }) => {
      if (body === undefined) return response.writeHead(status).end();
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return response.writeHead(status, { "content-type": contentType }).end(text);
    });
};

await serveHttp(folder, listener);
await controller.run();

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
