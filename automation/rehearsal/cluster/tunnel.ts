import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { CoreV1Api, DiscoveryV1Api, type KubeConfig } from "@kubernetes/client-node";
import { readRoutes, tunnelSocket, type Route } from "./routes.ts";

/** Where somebody wants to go. */
export interface Target {
  host: string;
  port: number;
}

/** The endpoints of a Service, as far as they are read here. */
export interface Slice {
  metadata?: { namespace?: string; labels?: Record<string, string> };
  endpoints: { addresses: string[] }[];
  ports?: { port?: number }[];
}

/** A node, likewise. */
export interface KnownNode {
  status?: { addresses?: { address: string }[]; daemonEndpoints?: { kubeletEndpoint?: { Port: number } } };
}

/**
 * The way from the API server to pods and nodes. Pods of a rehearsal have addresses but run nothing, so the API server asks here to be
 * connected (its egress selector, HTTP CONNECT over a unix socket): the pods of a Service that a stand-in has registered for are that
 * stand-in, nodes are kwok, and everything else is refused, as a pod that does not listen would.
 */
export async function serveTunnel(home: string, kubeconfig: KubeConfig): Promise<void> {
  const core = kubeconfig.makeApiClient(CoreV1Api);
  const discovery = kubeconfig.makeApiClient(DiscoveryV1Api);
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, socket: Duplex) => {
    // The API server may give up at any time.
    socket.on("error", () => socket.destroy());
    const target = targetOf(request.url ?? "");
    const find = async () =>
      portOfPod(target, await readRoutes(home), (await discovery.listEndpointSliceForAllNamespaces()).items) ??
      portOfNode(target, (await core.listNode()).items);
    find().then(
      (port) => (port === undefined ? refuse(socket, `nothing listens at ${request.url}`) : join(socket, port)),
      (error: unknown) => {
        refuse(socket, String(error));
      },
    );
  });
  await rm(tunnelSocket(home), { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(tunnelSocket(home), resolve);
  });
}

/** `10.0.0.5:8070` in parts; of IPv6 with its brackets taken off. */
export function targetOf(text: string): Target {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
}

/** The loopback port of the stand-in for a pod, if its Service has one. */
export function portOfPod(
  { host, port }: Target,
  routes: readonly Route[],
  slices: readonly Slice[],
): number | undefined {
  const slice = slices.find(
    ({ endpoints, ports }) =>
      ports?.some((one) => one.port === port) && endpoints.some(({ addresses }) => addresses.includes(host)),
  );
  const service = slice?.metadata?.labels?.["kubernetes.io/service-name"];
  return routes.find(
    (route) => route.service === service && route.namespace === slice?.metadata?.namespace && route.port === port,
  )?.to;
}

/** The port of kwok, which answers as the kubelet of each node, if that is asked for. */
export function portOfNode({ host, port }: Target, nodes: readonly KnownNode[]): number | undefined {
  const known = nodes.some(
    ({ status }) =>
      status?.addresses?.some(({ address }) => address === host) &&
      status.daemonEndpoints?.kubeletEndpoint?.Port === port,
  );
  return known ? port : undefined;
}

function join(socket: Duplex, port: number): void {
  const other = connect(port, "127.0.0.1");
  other.once("connect", () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    other.pipe(socket).pipe(other);
  });
  other.on("error", (error) => {
    refuse(socket, error.message);
  });
  socket.on("close", () => other.destroy());
}

function refuse(socket: Duplex, reason: string): void {
  if (socket.writable) socket.end(`HTTP/1.1 502 ${reason.replace(/[\r\n]+/g, " ")}\r\n\r\n`);
}
