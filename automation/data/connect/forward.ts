import { createServer, type Socket } from "node:net";
import { PortForward, type KubeConfig } from "@kubernetes/client-node";
import { UserError } from "../../../components/program/errors.ts";
import { listening } from "./listening.ts";
import type { PodPort } from "./services.ts";

/** A way to a pod that begins at a port of this machine. */
export interface Forward {
  /** On 127.0.0.1. */
  port: number;
  /** Ends it, and what goes through it. */
  close(): Promise<void>;
}

/** A socket of the library's. (npm: ws 8) */
interface Tunnel {
  send(message: Buffer, sent: () => void): void;
  pause(): void;
  resume(): void;
  close(): void;
  terminate(): void;
  on(event: "close", listener: () => void): void;
}

/** The library's part that opens them, which its types leave out. (@kubernetes/client-node 1.4: portforward.ts) */
interface Opener {
  handler: {
    connect(path: string, text: null, binary: (channel: number, message: Buffer) => boolean): Promise<Tunnel>;
  };
}

/** Channels of a port-forward, the first byte of each message. (k8s.io/kubelet: cri/streaming/portforward/websocket.go) */
const DATA = 0;
const ERROR = 1;
/** What each channel begins with: the number of its port. */
const PORT_BYTES = 2;

export interface ForwardOptions {
  config: KubeConfig;
  /** Asked anew for each connection: a pod may be replaced meanwhile. */
  pod: () => Promise<PodPort>;
  /** Told why a connection failed. Whoever connected only sees it closed. */
  failed: (why: string) => void;
}

/**
 * Listens on a port of this machine, and has each connection go to a pod by the API server, with the kubeconfig's own rights.
 *
 * The library's own PortForward writes to both sides as fast as the other sends: an upload over a slow line would fill the memory. So only its
 * sockets are used here, and each side waits for the other.
 */
export async function forward(options: ForwardOptions): Promise<Forward> {
  const open = new Set<{ end: () => void }>();
  const server = createServer({ pauseOnConnect: true }, (local) => {
    const connection = connected(local, options, () => open.delete(connection));
    open.add(connection);
  });
  return {
    port: await listening(server),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { end } of open) end();
      await closed;
    },
  };
}

/** @param over called when nothing is left of it: a tunnel may still have something to say when whoever connected is gone */
function connected(local: Socket, { config, pod, failed }: ForwardOptions, over: () => void): { end: () => void } {
  let tunnel: Tunnel | undefined;
  // Whoever connected may go away at any time.
  local.on("error", () => local.destroy());
  const begin = async () => {
    const { namespace, pod: name, port } = await pod();
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/portforward?ports=${port}`;
    const receive = receiver(local, () => tunnel, failed);
    const { handler } = new PortForward(config) as unknown as Opener;
    tunnel = await handler.connect(path, null, receive).catch((error: unknown) => {
      throw new UserError(`the API server forwards no port to pod ${name} in namespace ${namespace}: ${whyNot(error)}`);
    });
    tunnel.on("close", over);
    if (local.destroyed) tunnel.terminate();
    else join(local, tunnel);
  };
  begin().catch((error: unknown) => {
    failed(error instanceof Error ? error.message : String(error));
    local.destroy();
    over();
  });
  return {
    end() {
      tunnel?.terminate();
      local.destroy();
    },
  };
}

/** What is done with a message of the tunnel. */
function receiver(local: Socket, tunnel: () => Tunnel | undefined, failed: ForwardOptions["failed"]) {
  const begun = new Set<number>();
  return (channel: number, message: Buffer): boolean => {
    const bytes = begun.has(channel) ? message : message.subarray(PORT_BYTES);
    begun.add(channel);
    if (bytes.length === 0) return true;
    if (channel === ERROR) {
      failed(bytes.toString("utf8").trim());
      local.destroy();
      return false;
    }
    if (channel === DATA && !local.write(bytes)) {
      tunnel()?.pause();
      local.once("drain", () => tunnel()?.resume());
    }
    return true;
  };
}

function join(local: Socket, tunnel: Tunnel): void {
  local.on("data", (chunk: Buffer) => {
    local.pause();
    tunnel.send(Buffer.concat([Buffer.of(DATA), chunk]), () => local.resume());
  });
  // Its protocol knows no half of a connection.
  local.on("end", () => {
    tunnel.close();
  });
  local.on("close", () => {
    tunnel.close();
  });
  tunnel.on("close", () => local.end());
  local.resume();
}

function whyNot(error: unknown): string {
  const message = (error as { message?: unknown } | undefined)?.message;
  const text = typeof message === "string" ? message : String(error);
  if (text.includes("403"))
    return "it is forbidden; the kubeconfig's user needs get and create on pods/portforward there";
  return text;
}
